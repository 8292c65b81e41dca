/**
 * This host's member of etcd, where Ferry looks after it: a process that outlives the agent, is found again, and is started again when it
 * ends. It knows other hosts by their certificates of the domain, as clients and as members.
 */
import { spawn } from "node:child_process";
import { lookup } from "node:dns/promises";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import Type from "typebox";
import Value from "typebox/value";
import { errorChain, FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { missingProgram } from "../base/run-program.ts";
import {
  identifyProcess,
  isAlive,
  ProcessIdentity,
  signalProcess,
} from "../qemu/process-identity.ts";
import { writeSecretFile } from "../trust/atomic-file.ts";

/** How a member enters its cluster. */
export interface MemberPlan {
  /** Of the member: the host's name. */
  readonly name: string;
  /** Where other hosts reach this one: the name or the IP address that is in its certificate. */
  readonly address: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** Every member, this one too: `name=https://…` with commas between. */
  readonly initialCluster: string;
  readonly state: "new" | "existing";
  /** The cluster's own word: members of two clusters never take each other for theirs. */
  readonly token: string;
  /** etcd's number of it: another number is another member, with nothing of what an earlier one knew. Absent where an older coordinator asks. */
  readonly member?: string;
}

const Plan = Type.Object({
  name: Type.String(),
  address: Type.String(),
  clientPort: Type.Integer(),
  peerPort: Type.Integer(),
  initialCluster: Type.String(),
  state: Type.Unsafe<"new" | "existing">(Type.String()),
  token: Type.String(),
  member: Type.Optional(Type.String()),
});

const watchMs = 500;
const restartMs = 2_000;

/** Election and heartbeat: twice etcd's own, for hosts that are busy with guests; far below the lease. */
const heartbeatMs = 200;
const electionMs = 2_000;

export interface MemberParts {
  readonly log: Log;
  readonly binary: string;
  /** Data, certificates, log. */
  readonly directory: string;
  readonly tls: () => { readonly ca: string; readonly cert: string; readonly key: string };
}

export class EtcdMember implements AsyncDisposable {
  readonly #parts: MemberParts;
  #closed = false;
  #watching: Promise<void> | undefined;

  constructor(parts: MemberParts) {
    this.#parts = parts;
  }

  /** Whether this host has a member. */
  get exists(): boolean {
    return existsSync(this.#planPath);
  }

  get isRunning(): boolean {
    const identity = this.#identity();
    return identity !== undefined && isAlive(identity);
  }

  get dataDirectory(): string {
    return join(this.#parts.directory, "data");
  }

  /** Where it answers clients; undefined without one. */
  get endpoint(): string | undefined {
    if (!this.exists) return undefined;
    const { address, clientPort } = this.#plan();
    return url(address, clientPort);
  }

  /** etcd's number of it; undefined without a member, and for one of which it is not known. */
  get id(): string | undefined {
    return this.exists ? this.#plan().member : undefined;
  }

  get peerUrl(): string {
    const { address, peerPort } = this.#plan();
    return url(address, peerPort);
  }

  /** Makes the member that the plan is of, unless this host has it already. May be repeated. */
  async provide(plan: MemberPlan): Promise<void> {
    const isAnother =
      this.exists && plan.member !== undefined && plan.member !== this.#plan().member;
    if (isAnother) await this.remove();
    if (!this.exists) this.create(plan);
  }

  /** Makes a member of this host and starts it. What an earlier one left is removed. */
  create(plan: MemberPlan): void {
    mkdirSync(this.#parts.directory, { recursive: true, mode: 0o700 });
    rmSync(this.dataDirectory, { recursive: true, force: true });
    rmSync(this.#hadDataPath, { force: true });
    writeSecretFile(this.#planPath, JSON.stringify(plan));
    this.start();
  }

  /** Starts it, or finds it again, and keeps it running. */
  start(): void {
    this.#closed = false;
    this.writeCertificates();
    this.#watching ??= this.#watch();
  }

  /** New connections use what is in these files: etcd reads them for each. */
  writeCertificates(): void {
    if (!this.exists) return;
    const { ca, cert, key } = this.#parts.tls();
    for (const [name, text] of Object.entries({ ca, cert, key })) {
      writeSecretFile(join(this.#parts.directory, `${name}.pem`), text);
    }
  }

  /** Ends it for good, with everything it has. Nothing of it is worth waiting for. */
  async remove(): Promise<void> {
    await this[Symbol.asyncDispose]();
    const identity = this.#identity();
    while (identity !== undefined && isAlive(identity)) {
      signalProcess(identity, "SIGKILL");
      await wait(20);
    }
    rmSync(this.#parts.directory, { recursive: true, force: true });
  }

  async #watch(): Promise<void> {
    const { log } = this.#parts;
    while (!this.#closed) {
      if (!this.isRunning) {
        try {
          await this.#spawn();
        } catch (error) {
          log.error({ reason: errorChain(error) }, "cannot start etcd");
          await wait(restartMs, undefined, { ref: false });
        }
      } else if (!this.#hadData && existsSync(this.dataDirectory)) {
        writeSecretFile(this.#hadDataPath, "");
      }
      await wait(watchMs, undefined, { ref: false });
    }
  }

  async #spawn(): Promise<void> {
    const { directory, binary } = this.#parts;
    if (this.#hadData && !existsSync(this.dataDirectory)) throw dataLost(this.dataDirectory);
    const args = this.#arguments(await listenAddress(this.#plan().address));
    const log = openSync(join(directory, "etcd.log"), "a", 0o600);
    const child = spawn(binary, args, {
      detached: true,
      cwd: directory,
      stdio: ["ignore", log, log],
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    });
    closeSync(log);
    const failed = new Promise<never>((_, reject) => {
      child.once("error", (error) => reject(missingEtcd(binary, error)));
      child.once("exit", (code, signal) => {
        reject(
          new FerryError("system-refused", `etcd ended with ${code ?? signal}`, {
            remedy: `See ${join(directory, "etcd.log")}`,
          }),
        );
      });
    });
    failed.catch(() => undefined);
    if (child.pid === undefined) return await failed;
    const identity = identifyProcess(child.pid);
    if (identity !== undefined) writeSecretFile(this.#pidPath, JSON.stringify(identity));
    child.unref();
    // A member that ends at once is told of here, with its reason.
    await Promise.race([failed, wait(restartMs, undefined, { ref: false })]);
  }

  /** @param own where it listens */
  #arguments(own: string): string[] {
    const { directory } = this.#parts;
    const plan = this.#plan();
    const client = url(plan.address, plan.clientPort);
    const peer = url(plan.address, plan.peerPort);
    const file = (name: string): string => join(directory, `${name}.pem`);
    return [
      ...["--name", plan.name, "--data-dir", this.dataDirectory],
      ...["--listen-client-urls", url(own, plan.clientPort), "--advertise-client-urls", client],
      ...["--listen-peer-urls", url(own, plan.peerPort), "--initial-advertise-peer-urls", peer],
      ...["--initial-cluster", plan.initialCluster, "--initial-cluster-state", plan.state],
      ...["--initial-cluster-token", plan.token],
      ...["--cert-file", file("cert"), "--key-file", file("key")],
      ...["--trusted-ca-file", file("ca"), "--client-cert-auth"],
      ...["--peer-cert-file", file("cert"), "--peer-key-file", file("key")],
      ...["--peer-trusted-ca-file", file("ca"), "--peer-client-cert-auth"],
      ...["--heartbeat-interval", String(heartbeatMs), "--election-timeout", String(electionMs)],
      // Beats are new revisions all the time; nobody wants to know the old ones.
      ...["--auto-compaction-mode", "periodic", "--auto-compaction-retention", "10m"],
      ...["--logger", "zap", "--log-level", "warn"],
    ];
  }

  #plan(): MemberPlan {
    return Value.Parse(Plan, JSON.parse(readFileSync(this.#planPath, "utf8")));
  }

  #identity(): ProcessIdentity | undefined {
    try {
      return Value.Parse(ProcessIdentity, JSON.parse(readFileSync(this.#pidPath, "utf8")));
    } catch {
      return undefined; // it was never started
    }
  }

  get #planPath(): string {
    return join(this.#parts.directory, "member.json");
  }

  /**
   * Whether this member has kept something already. Started again without that it is no longer who it was: etcd refuses it, or takes it for the one that is to replace
   * it, and the plan of that one would then remove what it has acknowledged (seen).
   */
  get #hadData(): boolean {
    return existsSync(this.#hadDataPath);
  }

  get #hadDataPath(): string {
    return join(this.#parts.directory, "had-data");
  }

  get #pidPath(): string {
    return join(this.#parts.directory, "pid.json");
  }

  /** It is no longer looked after; it runs on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#watching;
    this.#watching = undefined;
  }
}

function dataLost(directory: string): FerryError {
  return new FerryError("system-refused", `Cannot start etcd: its data in ${directory} are gone`, {
    remedy: "Let it be replaced by a new member: ferry cluster replace-member HOST",
  });
}

/** etcd listens at no name. Of a name only the family counts: hosts know their own as one of loopback's, where nobody else would reach them. */
async function listenAddress(address: string): Promise<string> {
  if (isIP(address) !== 0) return address;
  const { family } = await lookup(address);
  return family === 6 ? "::" : "0.0.0.0";
}

export function url(address: string, port: number): string {
  return `https://${address.includes(":") ? `[${address}]` : address}:${port}`;
}

function missingEtcd(binary: string, error: NodeJS.ErrnoException): FerryError {
  if (error.code === "ENOENT") return missingProgram(binary, error);
  return new FerryError("system-refused", `Cannot start etcd "${binary}"`, {
    remedy: "See whether the agent may run it",
    cause: error,
  });
}
