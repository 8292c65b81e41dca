/** Changes and deletes VMs that do not run. */
import { rm } from "node:fs/promises";
import { FerryError } from "../base/errors.ts";
import { lockPath, readDiskLock } from "../storage/disk-lock.ts";
import { checkDefinition } from "./create.ts";
import type { VmDefinition } from "./definition.ts";
import type { LocalVm } from "./local-vm.ts";
import { parseDefinition } from "./parse-definition.ts";
import { removeState, removeTraces } from "./reserve.ts";
import { endProcess } from "./end-process.ts";
import type { VmTable } from "./vm-table.ts";

/** The VM keeps its id; everything else may change. @throws FerryError; the VM is as before then. */
export async function replaceDefinition(
  table: VmTable,
  vm: LocalVm,
  document: unknown,
): Promise<void> {
  const definition = parseDefinition(document);
  requireSameVm(table, vm, definition);
  await checkDefinition(table, definition);
  // A crash leaves taps behind that the new definition may not name any more.
  await removeTraces(table.parts.paths, vm.row.definition);
  table.registry.replaceDefinition(definition);
  table.refresh(vm);
}

/** Removes the VM, and its writable disks with it if so asked. @throws FerryError `in-use`; nothing is gone then. */
export async function deleteVm(
  table: VmTable,
  vm: LocalVm,
  disks: "delete" | "keep",
): Promise<void> {
  const paths = disks === "delete" ? await deletableDisks(table, vm) : [];
  await endProcess(table, vm);
  await removeState(table.parts.paths, vm.row.definition);
  for (const path of paths) {
    await rm(path, { force: true });
    await rm(lockPath(path), { force: true });
  }
  table.remove(vm);
}

function requireSameVm(table: VmTable, vm: LocalVm, definition: VmDefinition): void {
  if (definition.id !== vm.id) {
    throw new FerryError(
      "bad-input",
      `Cannot change VM "${vm.name}": the document has id ${definition.id}`,
      {
        remedy: `Keep the VM's own id, ${vm.id}, or create another VM`,
      },
    );
  }
  const other = table.find(definition.name);
  if (other === undefined || other.id === vm.id) return;
  throw new FerryError(
    "already-exists",
    `Cannot rename VM "${vm.name}": another is called "${definition.name}"`,
    {
      remedy: "Choose another name",
    },
  );
}

/** The VM's own disks that are there; media and read-only disks are never its own. */
async function deletableDisks(table: VmTable, vm: LocalVm): Promise<string[]> {
  const { pools, identity } = table.parts;
  const paths: string[] = [];
  for (const { pool, file } of vm.row.definition.disks.filter(({ readOnly }) => !readOnly)) {
    const path = await pools.pathOf({ pool, file }).catch((error: unknown) => {
      if (error instanceof FerryError && error.code === "not-found") return undefined;
      throw error;
    });
    if (path === undefined) continue;
    refuseForeignLock(path, await readDiskLock(path), identity().host);
    paths.push(path);
  }
  return paths;
}

function refuseForeignLock(
  path: string,
  lock: Awaited<ReturnType<typeof readDiskLock>>,
  host: string,
): void {
  if (lock === undefined || lock.host === host) return;
  throw new FerryError(
    "in-use",
    `Cannot delete disk "${path}": VM "${lock.vmName}" on host "${lock.host}" holds it`,
    { remedy: "Delete the VM here and keep its disks" },
  );
}
