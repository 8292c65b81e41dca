/** Makes a VM of a draft: its disks, its record. What fails leaves neither. */
import { randomBytes, randomUUID } from "node:crypto";
import Value from "typebox/value";
import { wallClockMs } from "../base/clock.ts";
import { FerryError } from "../base/errors.ts";
import { schemaProblem } from "../base/schema-problem.ts";
import { commandLine } from "../qemu/command-line.ts";
import { newestMachine } from "../qemu/features.ts";
import { requireBridge } from "../network/switches.ts";
import { completeDraft, macAddress, worldWideNames } from "./complete-draft.ts";
import type { LunDefinition, PoolFile, VmDefinition } from "./definition.ts";
import { VmDraft } from "./draft.ts";
import { lunText, lunUser } from "./lun-key.ts";
import type { LocalVm } from "./local-vm.ts";
import { makeDisk, withBacking } from "./make-disk.ts";
import { imageTool, imaginedFacts, requireMachine } from "./resolve.ts";
import type { VmTable } from "./vm-table.ts";

/** @throws FerryError for the first thing that does not fit; nothing is left of the VM then. */
export async function createVm(table: VmTable, given: unknown): Promise<LocalVm> {
  const { parts, registry } = table;
  const draft = checkDraft(given);
  const completed = completeDraft(draft, {
    id: randomUUID(),
    machineType: newestMachine(await parts.qemu.features()),
    mac: () => macAddress(randomBytes(3)),
    wwns: () => worldWideNames(randomBytes(6)),
  });
  registry.requireFree(completed.id, completed.name);
  await checkDefinition(table, completed);
  const tool = await imageTool(parts);
  const definition = await withBacking(parts, tool, completed, draft.disks ?? []);
  refuseUsedDisks(table, definition);
  await using made = new AsyncDisposableStack();
  for (const [index, disk] of definition.disks.entries()) {
    await makeDisk(parts, tool, disk, draft.disks?.[index], made);
  }
  const vm = table.add({
    definition,
    ownership: "owner",
    generation: 1,
    migration: null,
    process: null,
    createdAt: Math.floor(wallClockMs()),
  });
  made.move();
  return vm;
}

/** What a definition names must be there and fit together, whether it is new or changed. Files are not looked at. */
export async function checkDefinition(table: VmTable, definition: VmDefinition): Promise<void> {
  const { parts } = table;
  await requireMachine(parts.qemu, definition);
  const { accelerator } = await parts.qemu.accelerator();
  commandLine(definition, imaginedFacts(parts, definition, accelerator), "cold");
  for (const nic of definition.nics) await requireBridge(parts.switches.get(nic.switch).bridge);
  for (const disk of definition.disks) {
    await parts.pools.verify(parts.pools.get(disk.pool));
    for (const image of disk.backing ?? []) await parts.pools.pathOf(image);
  }
  refuseUsedDisks(table, definition);
  for (const lun of definition.luns ?? []) refuseUsedLun(table, definition, lun);
  for (const { pool, directory } of definition.sharedFolders ?? []) {
    await parts.pools.directoryOf({ pool, file: directory });
  }
  const { kernelBoot, cdroms } = definition;
  if (kernelBoot !== null) {
    await parts.pools.pathOf(kernelBoot.kernel);
    if (kernelBoot.initrd !== null) await parts.pools.pathOf(kernelBoot.initrd);
  }
  for (const { medium } of cdroms) if (medium !== null) await parts.pools.pathOf(medium);
}

function checkDraft(given: unknown): VmDraft {
  if (Value.Check(VmDraft, given)) return given;
  const { path = "/", problem = "" } = schemaProblem(VmDraft, given) ?? {};
  throw new FerryError("bad-input", `Cannot create a VM: ${path}: ${problem}`, {
    remedy: "Correct the request; ferry vm create --help lists what can be given",
  });
}

/** Two VMs may share an image only when both just read it. */
function refuseUsedDisks(table: VmTable, definition: VmDefinition): void {
  const wanted = imagesOf(definition);
  for (const { id, name, row } of table.all()) {
    if (id === definition.id) continue;
    const used = imagesOf(row.definition);
    const both = wanted.find((image) =>
      used.some(
        (other) =>
          other.pool === image.pool && other.file === image.file && !(other.isRead && image.isRead),
      ),
    );
    if (both === undefined) continue;
    throw new FerryError(
      "in-use",
      `Cannot use disk "${both.file}" of pool "${both.pool}": VM "${name}" has it`,
      { remedy: "Choose another file, or delete that VM and keep its disks" },
    );
  }
}

function refuseUsedLun(table: VmTable, definition: VmDefinition, lun: LunDefinition): void {
  const others = table.all().map(({ row }) => row.definition);
  const user = lunUser(definition, lun.name, others);
  if (user === undefined) return;
  throw new FerryError("in-use", `Cannot use ${lunText(lun)}: VM "${user.name}" has it`, {
    remedy: "Choose another LUN, or delete that VM",
  });
}

/** Every image of a VM, with whether it is only read. */
export function imagesOf({ disks }: VmDefinition): (PoolFile & { readonly isRead: boolean })[] {
  return disks.flatMap(({ pool, file, readOnly, backing = [] }) => [
    { pool, file, isRead: readOnly },
    ...backing.map((image) => ({ pool: image.pool, file: image.file, isRead: true })),
  ]);
}
