/** The media in a VM's CD drives, in its document and in its running QEMU. */
import { isDeepStrictEqual } from "node:util";
import { errorChain } from "../base/errors.ts";
import { putMedia, type WantedMedium } from "../qemu/media.ts";
import { mediumNodeName } from "../qemu/storage-devices.ts";
import type { Pools } from "../storage/pools.ts";
import { checkDefinition } from "./create.ts";
import type { VmDefinition } from "./definition.ts";
import { type LocalVm, requireProcess } from "./local-vm.ts";
import type { VmTable } from "./vm-table.ts";

/** The same VM with its CD drives empty. */
export function withoutMedia(definition: VmDefinition): VmDefinition {
  return {
    ...definition,
    cdroms: definition.cdroms.map((cdrom) => ({ ...cdrom, medium: null })),
  };
}

/** Whether two documents differ in nothing but what is in the CD drives. */
export function differOnlyInMedia(one: VmDefinition, other: VmDefinition): boolean {
  return isDeepStrictEqual(withoutMedia(one), withoutMedia(other));
}

/** A running VM gets other media. @throws FerryError; the drives and the document are as before then. */
export async function changeMedia(
  table: VmTable,
  vm: LocalVm,
  definition: VmDefinition,
): Promise<void> {
  const { qmp } = requireProcess(vm);
  await checkDefinition(table, definition);
  try {
    await putMedia(qmp, await wantedMedia(table.parts.pools, definition));
    table.registry.replaceDefinition(definition);
  } catch (error) {
    await putMedia(qmp, await wantedMedia(table.parts.pools, vm.row.definition));
    throw error;
  }
  table.refresh(vm);
}

/** For a move: the drives are emptied, the document stays, so that `insertMedia` can take it back. May be repeated. */
export async function ejectMedia(table: VmTable, vm: LocalVm): Promise<void> {
  const empty = withoutMedia(vm.row.definition);
  await putMedia(requireProcess(vm).qmp, await wantedMedia(table.parts.pools, empty));
}

/**
 * The drives hold what the document says. What can't be put back, for instance a file that is gone, is logged: the guest goes on
 * without. May be repeated.
 */
export async function insertMedia({ parts }: VmTable, vm: LocalVm): Promise<void> {
  if (vm.process === undefined) return;
  try {
    await putMedia(vm.process.qmp, await wantedMedia(parts.pools, vm.row.definition));
  } catch (error) {
    parts.log.error({ vm: vm.name, reason: errorChain(error) }, "cannot put a medium back");
  }
}

async function wantedMedia(pools: Pools, { cdroms }: VmDefinition): Promise<WantedMedium[]> {
  return Promise.all(
    cdroms.map(async ({ name, medium }, index) => ({
      ...{ drive: name, node: mediumNodeName(index) },
      path: medium === null ? null : await pools.pathOf(medium),
    })),
  );
}
