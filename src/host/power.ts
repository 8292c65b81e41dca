/** This machine's own end, by systemd; only where the agent is a service of it: a lab's agent must never end the machine that it is on. */
import { existsSync } from "node:fs";
import { runProgram } from "../base/run-program.ts";

/** Where systemd is, not merely installed, but the machine's first process. */
const runsHere = "/run/systemd/system";

/** As the end of a sentence; null where this agent can end its machine. */
export function whyNoPower(): string | null {
  if (!existsSync(runsHere)) return "it has no systemd that could end it";
  if (process.env["NOTIFY_SOCKET"] === undefined) return "its agent is no service of systemd's";
  return null;
}

/** Returns at once: systemd ends this agent too. @throws FerryError `system-refused`, `missing-program`. */
export async function endMachine(how: "power-off" | "reboot"): Promise<void> {
  await runProgram("systemctl", [how === "reboot" ? "reboot" : "poweroff", "--no-block"]);
}
