/**
 * A unit of systemd's own for each QEMU. Started by the agent it would count as a process of the agent's service: in its limits, in its
 * accounting, and among what systemd ends with it. In a scope it is the VM's, is seen in `systemctl status` under the VM's name, and a
 * stop, restart or upgrade of the agent does not concern it.
 */
import { existsSync } from "node:fs";
import { runProgram } from "../base/run-program.ts";

const manager = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1"];
/** Where systemd is, not merely installed, but the machine's first process. */
const runsHere = "/run/systemd/system";

/**
 * Moves a process into `ferry-vm-ID.scope`. Nothing where the agent is no service of systemd's.
 * @throws FerryError `system-refused`, `missing-program`.
 */
export async function giveOwnScope(
  pid: number,
  vm: { readonly id: string; readonly name: string },
): Promise<void> {
  if (process.env["NOTIFY_SOCKET"] === undefined || !existsSync(runsHere)) return;
  const properties = [
    ["PIDs", "au", "1", String(pid)],
    ["Description", "s", `Virtual machine ${vm.name}`],
    ["Slice", "s", "machine.slice"],
    // One that failed is forgotten too: the VM may be started again under the same name.
    ["CollectMode", "s", "inactive-or-failed"],
  ];
  await runProgram("busctl", [
    ...["call", ...manager, "org.freedesktop.systemd1.Manager", "StartTransientUnit"],
    ...["ssa(sv)a(sa(sv))", `ferry-vm-${vm.id}.scope`, "fail"],
    ...[String(properties.length), ...properties.flat(), "0"],
  ]);
}
