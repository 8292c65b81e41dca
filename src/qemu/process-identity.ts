/**
 * Which process is meant: a process id alone may be somebody else's tomorrow. Together with its start time and the
 * boot it belongs to it names one process for ever, and nothing else is ever signalled.
 */
import { readFileSync } from "node:fs";
import Type from "typebox";

export const ProcessIdentity = Type.Object({
  pid: Type.Integer({ minimum: 2 }),
  /** Clock ticks from boot to the process's start (field 22 of /proc/PID/stat), as text: it may exceed 2^53. */
  startTicks: Type.String({ pattern: "^[0-9]+$" }),
  bootId: Type.String(),
});
export type ProcessIdentity = Type.Static<typeof ProcessIdentity>;

/** Undefined when no such process lives. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const stat = readProcess(pid, "stat");
  const fields = stat === undefined ? undefined : parseStat(stat);
  // A zombie has ended; only its exit code waits to be read.
  if (fields === undefined || fields.state === "Z" || fields.state === "X") return undefined;
  return { pid, startTicks: fields.startTicks, bootId: currentBootId() };
}

export function isAlive(identity: ProcessIdentity): boolean {
  const present = identifyProcess(identity.pid);
  return present?.startTicks === identity.startTicks && present.bootId === identity.bootId;
}

/** Sends the signal to exactly this process; false when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** The process's arguments; empty when it is gone. */
export function commandLineOf(pid: number): string[] {
  return (readProcess(pid, "cmdline") ?? "").split("\0").slice(0, -1);
}

/** Changes at every start of the host. */
export function currentBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** The program's name, in parentheses, may itself contain spaces and parentheses: count from its end. */
export function parseStat(stat: string): { state: string; startTicks: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || startTicks === undefined ? undefined : { state, startTicks };
}

function readProcess(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
