/** What the form of a new VM asks for, as the API takes it. Pure. */
import type { VmCreate } from "../../../src/api/schema/vm.ts";
import type { DiskChoice } from "./disk-fields.tsx";

export interface VmForm {
  readonly name: string;
  readonly memoryMib: number;
  readonly cpus: number;
  readonly firmware: "bios" | "uefi";
  /** Name of the switch; empty: no adapter. */
  readonly network: string;
  readonly disk: DiskChoice;
}

export function draftOf(form: VmForm): VmCreate {
  const { name, memoryMib, cpus, firmware, network, disk } = form;
  return {
    ...{ name, memoryMib, cpus, firmware },
    ...(network !== "" && { nics: [{ switch: network }] }),
    ...(disk.kind !== "none" && { disks: [diskOf(disk)] }),
    ...(disk.kind !== "none" && disk.iso && { iso: { pool: disk.pool, file: disk.iso } }),
  };
}

function diskOf({ kind, pool, gib, file, path }: DiskChoice) {
  if (kind === "new") return { pool, sizeBytes: gib * 2 ** 30 };
  return kind === "import" ? { pool, import: { path } } : { pool, file };
}
