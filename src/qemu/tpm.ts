/**
 * One VM's software TPM: a swtpm process beside its QEMU, run as QEMU's user and spoken to over a unix socket in the VM's
 * directory. It outlives the agent as QEMU does, and ends by itself with QEMU's connection; QEMU carries its state in the
 * migration stream, so the target's starts empty (docs/decisions/0055).
 */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import { atOrdinaryPriority } from "../base/priority.ts";
import { RememberedAnswer } from "../base/remembered-answer.ts";
import { missingProgram, runProgram } from "../base/run-program.ts";
import {
  identifyProcess,
  isAlive,
  type ProcessIdentity,
  signalProcess,
} from "./process-identity.ts";
import { vmSockets } from "./sockets.ts";
import type { QemuUser } from "./user.ts";

/** It listens within milliseconds; a swapping host may take longer. */
const listenTimeoutMs = 10_000;
/** After that it is killed; what it stored is on the disk since the command that stored it. */
const endTimeoutMs = 2_000;
/** `__SO_ACCEPTCON` in /proc/net/unix: the socket listens. */
const listening = 0x10000;

export interface TpmRequest {
  readonly program: string;
  /** The VM's own directory, with the socket and the log. */
  readonly directory: string;
  /** What the TPM remembers; belongs to `user`. */
  readonly stateDirectory: string;
  readonly user: QemuUser;
  /** Called once the process exists, before anything is awaited: the place to record it. */
  readonly onSpawned: (identity: ProcessIdentity) => void;
}

/** Starts the TPM and waits until QEMU can connect. @throws FerryError `missing-program`, `system-refused`, `timeout`. */
export async function startTpm(request: TpmRequest): Promise<void> {
  const { program, directory, stateDirectory, user } = request;
  const socket = vmSockets(directory).tpm;
  const logFile = join(directory, "tpm.log");
  const log = openSync(logFile, "a", 0o640);
  try {
    const args = [
      ...["socket", "--tpm2", "--tpmstate", `dir=${stateDirectory},mode=0600`],
      ...["--ctrl", `type=unixio,path=${socket},mode=0600`],
      // QEMU's end is its end, also when no agent is there to see it.
      "--terminate",
    ];
    const child = atOrdinaryPriority(() =>
      spawn(program, args, {
        detached: true,
        cwd: "/",
        stdio: ["ignore", log, log],
        env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C" },
        ...(user.uid === process.getuid?.() ? {} : { uid: user.uid, gid: user.gid }),
      }),
    );
    const ended = Promise.withResolvers<never>();
    ended.promise.catch(() => undefined); // after it listens nobody waits for its end
    child.once("error", (cause: NodeJS.ErrnoException) => {
      ended.reject(cause.code === "ENOENT" ? missingProgram(program, cause) : refused(cause, ""));
    });
    child.once("exit", () => ended.reject(refused(undefined, readFileSync(logFile, "utf8"))));
    child.unref();
    const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
    if (identity !== undefined) request.onSpawned(identity);
    await Promise.race([untilListening(socket), ended.promise]);
  } finally {
    closeSync(log);
  }
}

/** Ends the TPM, if it lives; with QEMU gone it does so by itself. */
export async function endTpm(identity: ProcessIdentity): Promise<void> {
  signalProcess(identity, "SIGTERM");
  const deadline = Date.now() + endTimeoutMs;
  while (isAlive(identity)) {
    if (Date.now() > deadline) signalProcess(identity, "SIGKILL");
    await delay(5);
  }
}

/** What this host's swtpm calls its version; null when it has none that can be a TPM 2.0. */
export async function probeTpm(program: string): Promise<string | null> {
  return await capabilities.of(program).catch(() => null);
}

const capabilities = new RememberedAnswer(async (path) => {
  const output = await runProgram(path, ["socket", "--print-capabilities"]);
  const { version, features } = JSON.parse(output) as { version?: string; features?: string[] };
  return features?.includes("tpm-2.0") === true ? (version ?? "unknown") : null;
});

/** Connecting to see whether it listens would be the one connection it serves. */
async function untilListening(path: string): Promise<void> {
  const deadline = Date.now() + listenTimeoutMs;
  while (!(await listens(path))) {
    if (Date.now() > deadline) {
      throw new FerryError("timeout", `Cannot start the TPM: no socket in ${listenTimeoutMs} ms`, {
        remedy: "Look for an overloaded host, then start the VM again",
      });
    }
    await delay(5);
  }
}

async function listens(path: string): Promise<boolean> {
  const sockets = await readFile("/proc/net/unix", "utf8");
  // Num RefCount Protocol Flags Type St Inode Path
  const fields = sockets
    .split("\n")
    .find((line) => line.endsWith(` ${path}`))
    ?.split(/\s+/);
  return (Number.parseInt(fields?.[3] ?? "0", 16) & listening) !== 0;
}

function refused(cause: unknown, log: string): FerryError {
  const said = log.trim().split("\n").at(-1) ?? "";
  return new FerryError(
    "system-refused",
    `Cannot start the TPM: swtpm ended${said && `, ${said}`}`,
    {
      remedy: "Check that QEMU's user may write into the VM's directory below paths.state",
      cause,
    },
  );
}
