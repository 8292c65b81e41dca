/** Tells systemd how the agent is, where systemd started it (Type=notify, NotifyAccess=all). */
import { errorChain } from "../base/errors.ts";
import { runProgram } from "../base/run-program.ts";
import type { Log } from "../base/log.ts";

/** Where systemd listens; unset where it does not. */
const socketVariable = "NOTIFY_SOCKET";
/** Microseconds within which systemd wants to hear of the service; unset where it does not. */
const watchdogVariable = "WATCHDOG_USEC";
/** A start whose main loop stands still for so long is stuck. */
const startingMs = 180_000;

/**
 * Tells systemd as often as it wants that the agent's main loop runs, until disposed of. An agent that is stuck is ended and started
 * anew; its VMs run on.
 */
export function keepWatchdog(log: Log): Disposable {
  const withinMs = Number(process.env[watchdogVariable] ?? 0) / 1000;
  if (!(withinMs > 0)) return { [Symbol.dispose]: () => undefined };
  // Three times: a host that is busy with moves may be late with one.
  const timer = setInterval(() => void tellSystemd("WATCHDOG=1", log), withinMs / 3);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/**
 * Tells systemd, until disposed of, that the start goes on: on a host that has just been started and is busy with everything else it may take
 * longer than systemd waits, and an agent that begins anew is no faster.
 */
export function sayStarting(log: Log): Disposable {
  const timer = setInterval(() => {
    void tellSystemd(`EXTEND_TIMEOUT_USEC=${startingMs * 1000}`, log);
  }, startingMs / 3);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Does nothing anywhere else. A failure is logged: the agent works without systemd's attention. */
export async function tellSystemd(
  state: "--ready" | "--stopping" | "WATCHDOG=1" | `EXTEND_TIMEOUT_USEC=${number}`,
  log: Log,
): Promise<void> {
  const socket = process.env[socketVariable];
  if (socket === undefined) return;
  try {
    const environment = { [socketVariable]: socket };
    await runProgram("systemd-notify", [state, `--pid=${process.pid}`], { environment });
  } catch (error) {
    log.warn({ reason: errorChain(error) }, "cannot tell systemd");
  }
}
