/** The state of a VM, from what is known of its record and its process. Pure. */
import type { Ownership, VmState } from "./vm-host.ts";

export interface StateFacts {
  readonly ownership: Ownership;
  readonly isStarting: boolean;
  /** QEMU's run state, such as `running` or `prelaunch`; null when no process is known to live. */
  readonly runState: string | null;
  /** The record still names a process: it was not the agent that ended it. */
  readonly expectsProcess: boolean;
}

export function vmState(facts: StateFacts): VmState {
  if (facts.ownership !== "owner") return facts.ownership;
  if (facts.isStarting) return "starting";
  if (facts.runState === null) return facts.expectsProcess ? "crashed" : "stopped";
  return guestRuns(facts.runState) ? "running" : "paused";
}

/** `colo` and `guest-panicked` aside, every other state of QEMU is one in which no instruction is executed. */
export function guestRuns(runState: string): boolean {
  return runState === "running";
}

/** QEMU's run state after one of its events. SHUTDOWN is followed by STOP, which changes nothing any more. */
export function runStateAfter(
  present: string | null,
  event: string,
  reason: unknown,
): string | null {
  if (event === "RESUME") return "running";
  if (event === "STOP") return present === "shutdown" ? present : "paused";
  if (event === "SHUTDOWN" && reason !== "host-qmp-quit") return "shutdown";
  return present;
}
