/** When a VM's QEMU takes QEMU's own lock on its images (src/qemu/image-lock.ts): before a cold start, and behind a move. */
import { setTimeout as delay } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import type { QemuProcess } from "../qemu/process.ts";
import { type ImageLocks, syncImageLocks } from "../qemu/image-lock.ts";
import { locksHold } from "../storage/lockable.ts";
import type { VmDefinition } from "./definition.ts";
import type { LocalVm } from "./local-vm.ts";
import { takeOverDisks } from "./reserve.ts";
import type { VmHostParts } from "./resolve.ts";
import type { VmTable } from "./vm-table.ts";

/** The source's QEMU keeps its lock until it is removed. */
const retryMs = 500;

/** @throws FerryError `in-use` when a process that Ferry does not know has an image open. */
export async function lockImagesAtStart(
  parts: VmHostParts,
  definition: VmDefinition,
  process: QemuProcess,
): Promise<void> {
  const { refused } = await lockImages(parts, definition, process);
  if (refused.length === 0) return;
  throw new FerryError(
    "in-use",
    `Cannot start VM "${definition.name}": another process has ${refused.join(", ")} open`,
    {
      remedy:
        "Look for a QEMU or qemu-img that was started by hand, on every host of the pool, and end it",
    },
  );
}

/** The locks on an owned VM's disks become this host's, Ferry's and QEMU's, while the guest runs already. */
export function takeOverLocks(table: VmTable, vm: LocalVm): void {
  const { definition, generation } = vm.row;
  const taken = takeOverDisks(table.parts, definition, generation);
  table.inBackground("take over the locks on disks", vm, taken);
  lockImagesBehind(table, vm);
}

/** In the background: as soon as the other side lets go. Gives up when the process ends. */
export function lockImagesBehind(table: VmTable, vm: LocalVm): void {
  table.inBackground("lock images", vm, lockWhenFree(table, vm));
}

async function lockWhenFree(table: VmTable, vm: LocalVm): Promise<void> {
  const { process } = vm;
  if (process === undefined) return;
  const isOurs = (): boolean =>
    vm.process === process && vm.row.ownership === "owner" && !table.isClosed;
  while (isOurs()) {
    const { refused } = await lockImages(table.parts, vm.row.definition, process);
    if (refused.length === 0) return;
    await delay(retryMs, undefined, { ref: false });
  }
}

async function lockImages(
  parts: VmHostParts,
  { name, disks }: VmDefinition,
  { qmp }: QemuProcess,
): Promise<ImageLocks> {
  const paths = await Promise.all(
    disks
      .filter(({ readOnly }) => !readOnly)
      .map(({ pool, file }) => parts.pools.pathOf({ pool, file })),
  );
  const lockable = await Promise.all(paths.map(locksHold));
  const locks = await syncImageLocks(
    qmp,
    paths.filter((_, index) => lockable[index]),
  );
  for (const reason of locks.impossible) {
    parts.log.warn({ vm: name, reason }, "QEMU cannot lock an image; only Ferry's lock holds");
  }
  return locks;
}
