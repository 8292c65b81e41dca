/** Makes a VM of a draft: its disks, its record. What fails leaves neither. */
import { randomBytes, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { isAbsolute } from "node:path";
import Value from "typebox/value";
import { wallClockMs } from "../base/clock.ts";
import { FerryError } from "../base/errors.ts";
import { schemaProblem } from "../base/schema-problem.ts";
import { commandLine } from "../qemu/command-line.ts";
import { newestMachine } from "../qemu/features.ts";
import { requireBridge } from "../network/switches.ts";
import {
  createImage,
  giveTo,
  type ImageTool,
  importImage,
  requireStandalone,
} from "../storage/images.ts";
import { completeDraft, macAddress, worldWideNames } from "./complete-draft.ts";
import type { DiskDefinition, LunDefinition, VmDefinition } from "./definition.ts";
import { type DiskDraft, VmDraft } from "./draft.ts";
import { lunText, lunUser } from "./lun-key.ts";
import type { LocalVm } from "./local-vm.ts";
import { imageTool, imaginedFacts, requireMachine, type VmHostParts } from "./resolve.ts";
import type { VmTable } from "./vm-table.ts";

/** @throws FerryError for the first thing that does not fit; nothing is left of the VM then. */
export async function createVm(table: VmTable, given: unknown): Promise<LocalVm> {
  const { parts, registry } = table;
  const draft = checkDraft(given);
  const definition = completeDraft(draft, {
    id: randomUUID(),
    machineType: newestMachine(await parts.qemu.features()),
    mac: () => macAddress(randomBytes(3)),
    wwns: () => worldWideNames(randomBytes(6)),
  });
  registry.requireFree(definition.id, definition.name);
  await checkDefinition(table, definition);
  await using made = new AsyncDisposableStack();
  const tool = await imageTool(parts);
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
    refuseUsedDisk(table, definition, disk);
  }
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

async function makeDisk(
  parts: VmHostParts,
  tool: ImageTool,
  disk: DiskDefinition,
  draft: DiskDraft | undefined,
  made: AsyncDisposableStack,
): Promise<void> {
  const file = { pool: disk.pool, file: disk.file };
  if (draft?.sizeBytes !== undefined && draft.import !== undefined) {
    throw new FerryError(
      "bad-input",
      `Cannot make disk "${disk.name}": both a size and an import are given`,
      {
        remedy: "Give one of the two; an imported disk has the size of its image",
      },
    );
  }
  if (draft?.sizeBytes === undefined && draft?.import === undefined) {
    const path = await parts.pools.pathOf(file);
    await giveTo(tool.user, path);
    await requireStandalone(tool, path, disk.format);
    return;
  }
  const path = await parts.pools.pathForNew(file);
  if (draft.import === undefined) await createImage(tool, path, disk.format, draft.sizeBytes ?? 0);
  else await importImage(tool, requireAbsolute(draft.import.path), path, disk.format);
  made.defer(async () => rm(path, { force: true }));
}

function requireAbsolute(path: string): string {
  if (isAbsolute(path)) return path;
  throw new FerryError("bad-input", `Cannot import "${path}": the path is not absolute`, {
    remedy: "Name the image by its whole path on this host",
  });
}

function refuseUsedLun(table: VmTable, definition: VmDefinition, lun: LunDefinition): void {
  const others = table.all().map(({ row }) => row.definition);
  const user = lunUser(definition, lun.name, others);
  if (user === undefined) return;
  throw new FerryError("in-use", `Cannot use ${lunText(lun)}: VM "${user.name}" has it`, {
    remedy: "Choose another LUN, or delete that VM",
  });
}

/** Two VMs may share a disk only when both just read it. */
function refuseUsedDisk(table: VmTable, definition: VmDefinition, disk: DiskDefinition): void {
  const user = table
    .all()
    .find(
      ({ id, row }) =>
        id !== definition.id &&
        row.definition.disks.some(
          (other) =>
            other.pool === disk.pool &&
            other.file === disk.file &&
            !(other.readOnly && disk.readOnly),
        ),
    );
  if (user === undefined) return;
  throw new FerryError(
    "in-use",
    `Cannot use disk "${disk.file}" of pool "${disk.pool}": VM "${user.name}" has it`,
    {
      remedy: "Choose another file, or delete that VM and keep its disks",
    },
  );
}
