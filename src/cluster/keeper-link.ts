/**
 * The agent's side of the keeper: starts it, finds it again after a restart, hears how the lease stands, and ends the guests itself should the
 * keeper stand still: each of the two guards against the other's silence.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { errorChain } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { onLines } from "../base/on-lines.ts";
import { writeSecretFile } from "../trust/atomic-file.ts";
import { bootClockMs } from "./boot-clock.ts";
import { GuardedGuests } from "./guarded-guests.ts";
import { FromKeeper, type KeeperOrders, readLine, type ToKeeper } from "./keeper-messages.ts";
import {
  acknowledged,
  declaredDead,
  type Lease,
  type LeaseStanding,
  noLease,
  standingOf,
} from "./lease.ts";
import { keptLease } from "./lease-file.ts";

const program = join(
  import.meta.dirname,
  import.meta.filename.endsWith(".ts") ? "keeper-process.ts" : "keeper-process.js",
);
const tickMs = 250;
/** A process that starts on a busy machine; tried again after that. */
const connectMsMax = 20_000;
const connectEveryMs = 50;
/** A guest that is let run now shall not have to be ended at once. */
const runMarginMs = 500;

const never = new Promise<never>(() => undefined);

export interface KeeperParts {
  readonly log: Log;
  /** Where orders and log of the keeper are. */
  readonly directory: string;
  readonly orders: () => KeeperOrders;
  /** Starts the keeper with its orders, where it is no process of its own: many simulated hosts are one process. */
  readonly startKeeper?: ((orders: string) => void) | undefined;
  /** The lease stands otherwise than before. */
  readonly onChange: (standing: LeaseStanding) => void;
}

export class KeeperLink implements AsyncDisposable {
  readonly #parts: KeeperParts;
  readonly #guests: GuardedGuests;
  readonly #timer: NodeJS.Timeout;
  readonly #closing = new AbortController();
  #socket: Socket | undefined;
  #lease: Lease = noLease;
  #trouble: string | null = null;
  #standing: LeaseStanding = "lapsed";
  #following: Promise<void>;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    mkdirSync(parts.directory, { recursive: true, mode: 0o700 });
    this.#guests = new GuardedGuests(parts.orders().database);
    this.#lease = keptLease(parts.orders());
    this.#write();
    this.#following = this.#follow();
    this.#timer = setInterval(() => this.#guard(), tickMs);
  }

  get standing(): LeaseStanding {
    return standingOf(this.#lease, bootClockMs());
  }

  /** How long the present lease is; 0 before the first beat. */
  get leaseMs(): number {
    return this.#lease.leaseMs;
  }

  /** Why the latest beat was not acknowledged; null when it was. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Milliseconds since the latest acknowledged beat was sent; null before the first. */
  get silentMs(): number | null {
    return this.#lease.sentAtMs === null ? null : bootClockMs() - this.#lease.sentAtMs;
  }

  /** Whether a guest may be let run now. */
  get mayRun(): boolean {
    return standingOf(this.#lease, bootClockMs() + runMarginMs) === "held";
  }

  /** All others consented, asked at that moment of the boot clock. */
  extend(sentAtMs: number): void {
    this.#lease = acknowledged(this.#lease, sentAtMs, this.#lease.leaseMs);
    this.#say({ type: "extend", sentAtMs });
  }

  /** Endpoints, certificates, lease or incarnation are others now. */
  reload(): void {
    this.#write();
    this.#say({ type: "reload" });
  }

  /** A new incarnation: whatever was known of the old one's lease is void. */
  begin(): void {
    this.#lease = noLease;
    this.reload();
  }

  /** This host holds no lease any more, and needs none: it leaves the cluster. Dispose of this next. */
  stop(): void {
    this.#closing.abort();
    this.#say({ type: "stop" });
  }

  #guard(): void {
    const standing = this.standing;
    if (standing !== "held") this.#guests.end();
    if (standing === this.#standing) return;
    this.#parts.log.warn({ from: this.#standing, to: standing }, "the lease stands otherwise");
    this.#standing = standing;
    this.#parts.onChange(standing);
  }

  async #follow(): Promise<void> {
    const { log } = this.#parts;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const socket = (await this.#tryConnect()) ?? (await this.#spawn());
        this.#socket = socket;
        await this.#listen(socket);
        if (!signal.aborted) log.warn("the keeper of the lease is gone; another is started");
      } catch (error) {
        if (signal.aborted) return;
        log.error({ reason: errorChain(error) }, "cannot start the keeper of the lease");
        await wait(connectEveryMs * 10, undefined, { signal }).catch(() => undefined);
      }
      this.#socket = undefined;
    }
  }

  async #spawn(): Promise<Socket> {
    const { directory, startKeeper } = this.#parts;
    const ended = startKeeper === undefined ? this.#spawnProcess(directory) : never;
    startKeeper?.(this.#path);
    const deadline = bootClockMs() + connectMsMax;
    while (bootClockMs() < deadline) {
      const socket = await Promise.race([this.#tryConnect(), ended]);
      if (socket !== undefined) return socket;
      await wait(connectEveryMs, undefined, { signal: this.#closing.signal });
    }
    throw new Error("it does not answer");
  }

  /** Rejects when it ends. */
  #spawnProcess(directory: string): Promise<never> {
    const log = openSync(join(directory, "keeper.log"), "a", 0o600);
    const child = spawn(process.execPath, [program, this.#path], {
      detached: true,
      cwd: "/",
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    child.unref();
    const ended = new Promise<never>((_, reject) => {
      child.on("error", reject);
      child.on("exit", (code) => reject(new Error(`it ended with ${code}; see keeper.log`)));
    });
    ended.catch(() => undefined); // it may end long after it was connected to
    return ended;
  }

  #tryConnect(): Promise<Socket | undefined> {
    return new Promise((resolve) => {
      const socket = connect(this.#parts.orders().socket);
      socket.once("connect", () => resolve(socket));
      socket.once("error", () => resolve(undefined));
    });
  }

  async #listen(socket: Socket): Promise<void> {
    // An older keeper goes by older orders.
    this.#say({ type: "reload" });
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => undefined); // it closes next
    onLines(socket, (line) => {
      const said = readLine(FromKeeper, line);
      if (said !== undefined) this.#hear(said);
    });
    await closed;
  }

  #hear({ incarnation, sentAtMs, leaseMs, dead, trouble }: FromKeeper): void {
    if (incarnation !== this.#parts.orders().incarnation) return;
    this.#trouble = trouble;
    if (sentAtMs !== null) this.#lease = acknowledged(this.#lease, sentAtMs, leaseMs);
    if (dead) this.#lease = declaredDead(this.#lease);
    this.#guard();
  }

  get #path(): string {
    return join(this.#parts.directory, "keeper.json");
  }

  #write(): void {
    writeSecretFile(this.#path, JSON.stringify(this.#parts.orders()));
  }

  #say(said: ToKeeper): void {
    this.#socket?.write(`${JSON.stringify(said)}\n`);
  }

  /** The keeper goes on without the agent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#timer);
    this.#socket?.end();
    await this.#following;
    this.#guests[Symbol.dispose]();
  }
}
