/**
 * Holds this host's lease, in a process of its own: the agent may be restarted, hang or be killed, and its guests run on, guarded. Writes
 * beats to etcd; when none was acknowledged for too long, or the host was declared dead, it ends the guests of the cluster, again and again
 * until the lease is held. The agent does the same with what it hears from here (keeper-link.ts): one of the two may stand still.
 */
import { readFileSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import Value from "typebox/value";
import { errorChain } from "../base/errors.ts";
import { onLines } from "../base/on-lines.ts";
import { bootClockMs } from "./boot-clock.ts";
import { EtcdClient } from "./etcd-client.ts";
import { GuardedGuests } from "./guarded-guests.ts";
import { type FromKeeper, KeeperOrders, readLine, ToKeeper } from "./keeper-messages.ts";
import { clusterKeys } from "./keys.ts";
import { acknowledged, declaredDead, type Lease, noLease, standingOf } from "./lease.ts";
import { BeatRecord, readRecord, writeRecord } from "./records.ts";
import { clusterTimes } from "./times.ts";
import { keepLease, keptLease } from "./lease-file.ts";
import { Watchdog } from "./watchdog.ts";

/** Between two looks at the clock: a guest runs at most so much longer than it may. */
const tickMs = 100;

export class Keeper implements Disposable {
  readonly #ordersPath: string;
  readonly #etcd: EtcdClient;
  readonly #guests: GuardedGuests;
  readonly #server: Server;
  readonly #agents = new Set<Socket>();
  readonly #log: (line: string) => void;
  readonly #stopped = Promise.withResolvers<void>();
  #watchdog: Watchdog | undefined;
  #orders: KeeperOrders;
  #lease: Lease = noLease;
  #trouble: string | null = null;
  #standing = "";
  /** etcd's revision of the beat that only this process continues. */
  #revision: string | undefined;
  #beating = false;
  #isLeaving = false;
  #timers: NodeJS.Timeout[] = [];

  constructor(ordersPath: string, log: (line: string) => void) {
    this.#ordersPath = ordersPath;
    this.#log = log;
    this.#orders = this.#read();
    this.#lease = keptLease(this.#orders);
    this.#etcd = new EtcdClient(() => this.#orders);
    this.#guests = new GuardedGuests(this.#orders.database);
    this.#server = createServer((socket) => this.#welcome(socket));
  }

  /** Resolves when it is told to stop. */
  async run(): Promise<void> {
    const { socket, leaseMs, watchdog } = this.#orders;
    rmSync(socket, { force: true });
    this.#server.listen(socket);
    if (typeof watchdog === "string") this.#watchdog = new Watchdog(watchdog, this.#log);
    this.#setPace(leaseMs);
    void this.#beat();
    await this.#stopped.promise;
  }

  /** A shorter lease is renewed more often. */
  #setPace(leaseMs: number): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [
      setInterval(() => this.#guard(), tickMs),
      setInterval(() => void this.#beat(), clusterTimes(leaseMs).beatMs),
    ];
  }

  /** Once no guest of the cluster lives here. */
  leaveWhenUnneeded(): void {
    this.#isLeaving = true;
  }

  #guard(): void {
    if (this.#isLeaving && this.#guests.list().length === 0) this.#stopped.resolve();
    const standing = standingOf(this.#lease, bootClockMs());
    if (standing !== this.#standing) this.#log(`the lease is ${standing}`);
    const wasHeld = this.#standing === "held";
    this.#standing = standing;
    if (standing === "held") return;
    const ended = this.#guests.end();
    if (ended > 0) this.#log(`ended ${ended} guests: the lease is ${standing}`);
    if (wasHeld) this.#tell();
  }

  async #beat(): Promise<void> {
    if (this.#beating) return;
    this.#beating = true;
    try {
      await this.#renew();
      if (this.#trouble !== null) this.#log("etcd takes beats again");
      this.#trouble = null;
      this.#guests.list(); // known, should the database fail
      this.#touchWatchdog();
    } catch (error) {
      const trouble = errorChain(error);
      if (trouble !== this.#trouble) this.#log(`cannot beat: ${trouble}`);
      this.#trouble = trouble;
      // Where it stands is not known any more: read it before the next.
      this.#revision = undefined;
    } finally {
      this.#beating = false;
      this.#tell();
    }
  }

  /** @throws FerryError when it can't be known whether the beat counts. */
  async #renew(): Promise<void> {
    const { cluster, host, incarnation, leaseMs } = this.#orders;
    const keys = clusterKeys(cluster);
    const key = keys.beat(host);
    const asked = { timeoutMs: clusterTimes(leaseMs).attemptMs, repeatable: true };
    const questions = [{ get: key }, { get: keys.death(host) }];
    if (this.#revision === undefined) {
      const whole = { questions: [...questions, { get: keys.cluster }] };
      const { answers } = await this.#etcd.transact(whole, asked);
      this.#requireOrders(incarnation);
      // An etcd that was set up anew knows nobody; that is no word on this host.
      if (answers[2]?.[0] === undefined) throw new Error("etcd does not have the cluster's data");
      const beat = answers[0]?.[0];
      const isMine = beat && readRecord(BeatRecord, beat).incarnation === incarnation;
      if (answers[1]?.[0] !== undefined || isMine !== true) return this.#die();
      this.#revision = beat?.revision ?? "0";
    }
    const sentAtMs = bootClockMs();
    const { done, revision, answers } = await this.#etcd.transact(
      {
        conditions: [
          { key, revision: this.#revision },
          { key: keys.death(host), revision: null },
        ],
        changes: [{ put: key, value: writeRecord({ incarnation, leaseMs }) }],
        questions,
      },
      // N.B. one that may have gone through is not repeated blindly: its condition would fail.
      { ...asked, repeatable: false },
    );
    if (done) {
      this.#requireOrders(incarnation);
      this.#revision = revision;
      this.#extend(sentAtMs, leaseMs);
      return;
    }
    this.#revision = undefined;
    this.#requireOrders(incarnation);
    if (answers[1]?.[0] !== undefined) this.#die();
    else throw new Error("the beat was changed by another process");
  }

  /** What was asked for an incarnation that is over says nothing of the next. @throws Error. */
  #requireOrders(incarnation: number): void {
    if (this.#orders.incarnation === incarnation) return;
    throw new Error("this host came back meanwhile");
  }

  #extend(sentAtMs: number, leaseMs: number): void {
    this.#lease = acknowledged(this.#lease, sentAtMs, leaseMs);
    try {
      keepLease(this.#orders, this.#lease);
    } catch (error) {
      this.#log(`cannot keep how the lease stands: ${errorChain(error)}`);
    }
  }

  #die(): void {
    if (!this.#lease.dead) this.#log("this host was declared dead");
    this.#lease = declaredDead(this.#lease);
    this.#guard();
  }

  #touchWatchdog(): void {
    if (this.#standing === "held") this.#watchdog?.pet();
  }

  #welcome(socket: Socket): void {
    this.#agents.add(socket);
    socket.on("error", () => undefined); // an agent that dies
    socket.on("close", () => this.#agents.delete(socket));
    onLines(socket, (line) => {
      const said = readLine(ToKeeper, line);
      if (said !== undefined) this.#obey(said);
    });
    this.#tell();
  }

  #obey(said: ToKeeper): void {
    switch (said.type) {
      case "extend":
        this.#extend(said.sentAtMs, this.#lease.leaseMs);
        this.#touchWatchdog();
        break;
      case "reload": {
        const { incarnation } = this.#orders;
        this.#orders = this.#read();
        this.#revision = undefined;
        this.#setPace(this.#orders.leaseMs);
        if (this.#orders.incarnation !== incarnation) this.#lease = noLease;
        void this.#beat();
        break;
      }
      case "stop":
        this.#stopped.resolve();
        break;
    }
  }

  #tell(): void {
    const { incarnation } = this.#orders;
    const said: FromKeeper = { incarnation, ...this.#lease, trouble: this.#trouble };
    for (const agent of this.#agents) agent.write(`${JSON.stringify(said)}\n`);
  }

  #read(): KeeperOrders {
    return Value.Parse(KeeperOrders, JSON.parse(readFileSync(this.#ordersPath, "utf8")));
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#watchdog?.[Symbol.dispose]();
    for (const agent of this.#agents) agent.destroy();
    this.#server.close();
    this.#guests[Symbol.dispose]();
    this.#etcd[Symbol.dispose]();
  }
}
