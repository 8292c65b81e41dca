/** UEFI firmware of the host: the code, shared by all VMs, and the template of a VM's own variables. */
import { access, stat } from "node:fs/promises";
import { FerryError } from "../base/errors.ts";

export interface UefiFirmware {
  readonly code: string;
  readonly variablesTemplate: string;
}

/** Where distributions put it; the 4 MiB build first, since a machine keeps the size it was made with. */
const places: readonly UefiFirmware[] = [
  {
    code: "/usr/share/OVMF/OVMF_CODE_4M.fd",
    variablesTemplate: "/usr/share/OVMF/OVMF_VARS_4M.fd",
  },
  {
    code: "/usr/share/edk2/x64/OVMF_CODE.4m.fd",
    variablesTemplate: "/usr/share/edk2/x64/OVMF_VARS.4m.fd",
  },
  {
    code: "/usr/share/edk2/ovmf/OVMF_CODE.fd",
    variablesTemplate: "/usr/share/edk2/ovmf/OVMF_VARS.fd",
  },
];

/** @throws FerryError `missing-program`. */
export async function findUefiFirmware(): Promise<UefiFirmware> {
  for (const place of places) {
    const found = await Promise.all([access(place.code), access(place.variablesTemplate)]).then(
      () => true,
      () => false,
    );
    if (found) return place;
  }
  throw new FerryError(
    "missing-program",
    "Cannot start a VM with UEFI: the firmware is not installed",
    {
      remedy: "Install it: apt-get install ovmf",
    },
  );
}

/** The size of the code that a guest would boot, which the state of a move contains; null when there is none. */
export async function uefiFirmwareBytes(): Promise<number | null> {
  const found = await findUefiFirmware().catch(() => undefined);
  return found === undefined ? null : (await stat(found.code)).size;
}
