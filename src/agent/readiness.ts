/** Tells systemd how the agent is, where systemd started it (Type=notify, NotifyAccess=all). */
import { FerryError } from "../base/errors.ts";
import { runProgram } from "../base/run-program.ts";
import type { Log } from "../base/log.ts";

/** Does nothing anywhere else. A failure is logged: the agent works without systemd's attention. */
export async function tellSystemd(state: "--ready" | "--stopping", log: Log): Promise<void> {
  if (process.env["NOTIFY_SOCKET"] === undefined) return;
  try {
    await runProgram("systemd-notify", [state, `--pid=${process.pid}`]);
  } catch (error) {
    log.warn({ reason: FerryError.from(error).message }, "cannot tell systemd");
  }
}
