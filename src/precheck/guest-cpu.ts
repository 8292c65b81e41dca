/** What a VM's guest finds in its processor: asked of its own QEMU while it runs, else of the program that would run it. */
import { readGuestAccelerator, readGuestFeatures } from "../qemu/cpu-features.ts";
import type { Accelerator } from "../qemu/cpu-model.ts";
import type { Qmp } from "../qemu/qmp.ts";
import type { VmDefinition } from "../vm/definition.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { VmProcess } from "../vm/vm-host.ts";

export interface GuestCpu {
  /** Empty for a model that this host's QEMU does not know. */
  readonly features: readonly string[];
  /** What runs it, or would. */
  readonly accelerator: Accelerator;
}

/** A process keeps the processor that it was started with. */
const known = new WeakMap<VmProcess, Promise<GuestCpu>>();

/** @throws FerryError `qemu-failed`, `unreachable`. */
export async function guestCpu(
  vms: LocalVms,
  { id, cpu: { model } }: VmDefinition,
): Promise<GuestCpu> {
  const process = vms.process(id);
  if (process === undefined) {
    const { accelerator } = await vms.qemu.accelerator();
    return { features: (await vms.qemu.modelFeatures([model])).get(model) ?? [], accelerator };
  }
  const present = known.get(process);
  if (present !== undefined) return await present;
  const asked = askGuest(process.qmp, model);
  known.set(process, asked);
  asked.catch(() => known.delete(process));
  return await asked;
}

async function askGuest(qmp: Qmp, model: string): Promise<GuestCpu> {
  const accelerator = await readGuestAccelerator(qmp);
  return { features: await readGuestFeatures(qmp, model, accelerator), accelerator };
}
