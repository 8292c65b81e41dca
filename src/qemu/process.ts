/**
 * One QEMU process: started apart from the agent so that it outlives it, found again by a later agent, ended. Starting
 * never lets the guest run (command-line.ts always says `-S`).
 */
import { spawn } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import {
  commandLineOf,
  identifyProcess,
  isAlive,
  type ProcessIdentity,
  signalProcess,
} from "./process-identity.ts";
import { atOrdinaryPriority } from "../base/priority.ts";
import { QmpClient } from "./qmp-client.ts";
import { vmSockets } from "./sockets.ts";
import type { QemuUser } from "./user.ts";

/** Enough for a host that is swapping; a healthy QEMU answers in 100 ms. */
const answerTimeoutMs = 30_000;
const logTailBytes = 4096;

export interface StartRequest {
  readonly binary: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly user: QemuUser;
  /** Called once the process exists, before anything is awaited: the place to record it durably. */
  readonly onSpawned: (identity: ProcessIdentity) => void;
}

export class QemuProcess {
  readonly identity: ProcessIdentity;
  readonly directory: string;
  readonly uid: number;
  readonly gid: number;
  readonly exited: Promise<{ readonly log: string }>;
  readonly qmp: QmpClient;

  private constructor(
    identity: ProcessIdentity,
    directory: string,
    user: QemuUser,
    exited: Promise<unknown>,
    qmp: QmpClient,
  ) {
    this.identity = identity;
    this.directory = directory;
    this.uid = user.uid;
    this.gid = user.gid;
    this.exited = exited.then(async () => ({ log: await logTail(directory) }));
    this.qmp = qmp;
  }

  get pid(): number {
    return this.identity.pid;
  }

  get qemuVersion(): string {
    return this.qmp.version;
  }

  /**
   * Starts QEMU and waits until its monitor answers.
   * @throws FerryError `qemu-failed` with what QEMU said when it ended instead; it is gone then.
   */
  static async start(request: StartRequest): Promise<QemuProcess> {
    const { directory, user } = request;
    const { identity, exited } = await spawnDetached(request);
    const ended = exited.then(async () => {
      const log = await logTail(directory);
      throw new FerryError("qemu-failed", `Cannot start QEMU: ${lastLine(log)}`, {
        remedy: "Correct what QEMU names, in the VM's definition or on this host",
        details: { log },
      });
    });
    try {
      const qmp = await Promise.race([connectWhenReady(directory, exited), ended]);
      ended.catch(() => {});
      return new QemuProcess(identity, directory, user, exited, qmp);
    } catch (error) {
      ended.catch(() => {});
      // Gone already: not that it can't be reached matters, but what it said when it ended.
      if (!signalProcess(identity, "SIGKILL")) await ended;
      await exited;
      throw error;
    }
  }

  /**
   * Takes over the process that an earlier agent started; undefined when it is gone.
   * @throws FerryError `timeout`, `unreachable` when it does not answer in time.
   */
  static async adopt(
    identity: ProcessIdentity,
    directory: string,
    user: QemuUser,
    timeoutMs = answerTimeoutMs,
  ): Promise<QemuProcess | undefined> {
    const { qmp: socket } = vmSockets(directory);
    const isOurs =
      isAlive(identity) &&
      commandLineOf(identity.pid).some((argument) => argument.includes(socket));
    if (!isOurs) return undefined;
    const exited = watchUntilGone(identity);
    const qmp = await connectWhenReady(directory, exited, timeoutMs);
    return new QemuProcess(identity, directory, user, exited, qmp);
  }

  /** Ends the process: by QMP, and by SIGKILL when that does not help within `timeoutMs`. */
  async quit(timeoutMs = 5000): Promise<void> {
    await this.qmp.execute("quit", {}, { timeoutMs }).catch(() => undefined);
    const timer = new AbortController();
    const late = delay(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([this.exited, late]);
    timer.abort();
    await this.kill();
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    signalProcess(this.identity, "SIGKILL");
    await this.exited;
    await this.qmp[Symbol.asyncDispose]();
  }
}

export function logPath(directory: string): string {
  return join(directory, "qemu.log");
}

/**
 * What QEMU copies disks through are buffers of megabytes, a fresh one for each request: given back to the kernel each time,
 * their page faults cost an NBD server more than half of its processor time. glibc keeps them at hand with this; QEMU gives
 * back what is left over when it is idle.
 */
const keepsBuffers = "glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=134217728";

async function spawnDetached(
  request: StartRequest,
): Promise<{ identity: ProcessIdentity; exited: Promise<void> }> {
  const { binary, args, directory, user } = request;
  const log = openSync(
    logPath(directory),
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND,
    0o640,
  );
  try {
    const child = atOrdinaryPriority(() =>
      spawn(binary, args, {
        detached: true,
        cwd: "/",
        stdio: ["ignore", log, log],
        env: { PATH: "/usr/bin:/bin", LC_ALL: "C", GLIBC_TUNABLES: keepsBuffers },
        ...(user.uid === process.getuid?.() ? {} : { uid: user.uid, gid: user.gid }),
      }),
    );
    const exit = Promise.withResolvers<void>();
    const failure = Promise.withResolvers<never>();
    failure.promise.catch(() => {});
    child.once("exit", () => exit.resolve());
    child.once("error", failure.reject);
    if (child.pid === undefined) return await failure.promise;
    const identity = identifyProcess(child.pid) ?? endedAlready(child.pid);
    child.unref();
    request.onSpawned(identity);
    return { identity, exited: exit.promise };
  } catch (cause) {
    throw new FerryError("qemu-failed", `Cannot start QEMU "${binary}"`, {
      remedy: "Check that the binary may be run by QEMU's user",
      cause,
    });
  } finally {
    closeSync(log);
  }
}

/** An identity that matches no process: the child ended before it could be looked at. */
function endedAlready(pid: number): ProcessIdentity {
  return { pid, startTicks: "0", bootId: "" };
}

/** The monitor's socket appears shortly after the process; only connecting tells. */
async function connectWhenReady(
  directory: string,
  exited: Promise<unknown>,
  timeoutMs = answerTimeoutMs,
): Promise<QmpClient> {
  const { qmp } = vmSockets(directory);
  const deadline = Date.now() + timeoutMs;
  let gone = false;
  void exited.then(() => {
    gone = true;
  });
  for (;;) {
    try {
      return await QmpClient.connect(qmp, { timeoutMs });
    } catch (error) {
      if (gone || Date.now() > deadline) throw error;
      await delay(10);
    }
  }
}

/** A process that is not our child tells nobody when it ends: look four times a second. */
async function watchUntilGone(identity: ProcessIdentity): Promise<void> {
  while (isAlive(identity)) await delay(250, undefined, { ref: false });
}

/** The end of QEMU's log; empty when there is none. */
async function logTail(directory: string): Promise<string> {
  let file: FileHandle | undefined;
  try {
    file = await open(logPath(directory), "r");
    const { size } = await file.stat();
    const start = Math.max(0, size - logTailBytes);
    const { bytesRead, buffer } = await file.read(
      Buffer.alloc(logTailBytes),
      0,
      logTailBytes,
      start,
    );
    return buffer.toString("utf8", 0, bytesRead).trim();
  } catch {
    return "";
  } finally {
    await file?.close();
  }
}

function lastLine(log: string): string {
  const line = log.split("\n").at(-1) ?? "";
  return line === ""
    ? "it ended without a word"
    : line.replace(/^\S+Z /, "").replace(/^qemu-system-\S+: /, "");
}
