/** Makes a definition of a draft: every default in one place. Pure: what is random comes in. */
import { defaultCpuModel } from "../qemu/cpu-model.ts";
import {
  definitionVersion,
  type DiskDefinition,
  type FibreChannelDefinition,
  type VmDefinition,
} from "./definition.ts";
import type { DiskDraft, VmDraft } from "./draft.ts";
import { parseDefinition } from "./parse-definition.ts";

export interface DraftDefaults {
  readonly id: string;
  /** The newest machine type of this host's QEMU. */
  readonly machineType: string;
  /** A new address at every call. */
  readonly mac: () => string;
  /** New names at every call: node and port. */
  readonly wwns: () => WorldWideNames;
}

type WorldWideNames = FibreChannelDefinition["sets"][number];

/** @throws FerryError `bad-input` when what was given does not fit together. */
export function completeDraft(draft: VmDraft, defaults: DraftDefaults): VmDefinition {
  const topology = draft.topology ?? { sockets: 1, cores: draft.cpus ?? 1, threads: 1 };
  return parseDefinition({
    version: definitionVersion,
    id: defaults.id,
    name: draft.name,
    description: draft.description ?? "",
    tags: draft.tags ?? [],
    machine: {
      type: draft.machineType ?? defaults.machineType,
      firmware: draft.firmware ?? "bios",
    },
    cpu: { ...topology, model: draft.cpuModel ?? defaultCpuModel },
    memory: { mib: draft.memoryMib ?? 1024 },
    disks: (draft.disks ?? []).map((disk, index) => completeDisk(draft.name, disk, index)),
    cdroms: draft.iso === undefined ? [] : [{ name: "cd0", medium: draft.iso }],
    nics: (draft.nics ?? []).map((nic, index) => ({
      name: nic.name ?? `nic${index}`,
      switch: nic.switch,
      vlan: nic.vlan ?? null,
      mac: nic.mac ?? defaults.mac(),
      model: nic.model ?? "virtio",
    })),
    ...completeAttached(draft, defaults),
    bootOrder: draft.bootOrder ?? [],
    kernelBoot: draft.kernelBoot ?? null,
    display: { vnc: draft.vnc ?? true },
    serial: draft.serial ?? true,
    ...(draft.tpm !== undefined && { tpm: draft.tpm }),
    ...(draft.atHostShutdown !== undefined && { atHostShutdown: draft.atHostShutdown }),
  });
}

function completeDisk(vmName: string, disk: DiskDraft, index: number): DiskDefinition {
  const name = disk.name ?? `disk${index}`;
  const format = disk.format ?? (disk.file?.endsWith(".raw") === true ? "raw" : "qcow2");
  return {
    name,
    pool: disk.pool,
    file: disk.file ?? `${vmName}-${name}.${format}`,
    format,
    bus: disk.bus ?? "virtio",
    cache: disk.cache ?? "none",
    readOnly: disk.readOnly ?? false,
  };
}

/** What a VM has beside disks, drives and adapters; nothing where it has none. */
function completeAttached(draft: VmDraft, { wwns }: DraftDefaults): Partial<VmDefinition> {
  const { luns = [], fibreChannel = [], hostDevices = [], sharedFolders = [] } = draft;
  return {
    ...(luns.length > 0 && {
      luns: luns.map(({ name, bus = "virtio", readOnly = false, source }, index) => ({
        name: name ?? `lun${index}`,
        ...{ bus, readOnly, source },
      })),
    }),
    ...(fibreChannel.length > 0 && {
      fibreChannel: fibreChannel.map(({ name, fabric, sets, active = 0 }, index) => ({
        name: name ?? `fc${index}`,
        ...{ fabric, active },
        sets: sets ?? [wwns(), wwns()],
      })),
    }),
    ...(hostDevices.length > 0 && { hostDevices }),
    ...(sharedFolders.length > 0 && {
      sharedFolders: sharedFolders.map((folder) => ({
        ...folder,
        readOnly: folder.readOnly ?? false,
      })),
    }),
  };
}

/** A random address of the range that QEMU and KVM have always used. `random`: three bytes. */
export function macAddress(random: Uint8Array): string {
  const hex = (byte: number) => byte.toString(16).padStart(2, "0");
  return ["52", "54", "00", ...Array.from(random.subarray(0, 3), hex)].join(":");
}

/**
 * Random world wide names, a node's and a port's, of those that anybody may give (type 2, around a locally given
 * MAC address). `random`: six bytes.
 */
export function worldWideNames(random: Uint8Array): WorldWideNames {
  const address = Buffer.from(random.subarray(0, 6));
  address.writeUInt8(((address[0] ?? 0) & 0xfc) | 2); // an address of one device, given locally
  return { wwnn: `2f00${address.toString("hex")}`, wwpn: `2f01${address.toString("hex")}` };
}
