/** What a VM's guest finds in its processor: asked of its own QEMU while it runs, else of the program that would run it. */
import { readGuestFeatures } from "../qemu/cpu-features.ts";
import type { VmDefinition } from "../vm/definition.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { VmProcess } from "../vm/vm-host.ts";

/** A process keeps the processor that it was started with. */
const known = new WeakMap<VmProcess, Promise<readonly string[]>>();

/** Empty for a model that this host's QEMU does not know. @throws FerryError `qemu-failed`, `unreachable`. */
export async function guestFeatures(
  vms: LocalVms,
  { id, cpu: { model } }: VmDefinition,
): Promise<readonly string[]> {
  const process = vms.process(id);
  if (process === undefined) return (await vms.qemu.modelFeatures([model])).get(model) ?? [];
  const present = known.get(process);
  if (present !== undefined) return await present;
  const { accelerator } = await vms.qemu.accelerator();
  const asked = readGuestFeatures(process.qmp, model, accelerator);
  known.set(process, asked);
  asked.catch(() => known.delete(process));
  return await asked;
}
