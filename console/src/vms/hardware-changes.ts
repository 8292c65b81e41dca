/** A VM's definition with a disk, a LUN or a network adapter more, or less. Pure: the definition given stays as it is. */
import type { VmDefinition } from "../../../src/vm/definition.ts";

export type Disk = VmDefinition["disks"][number];
export type Nic = VmDefinition["nics"][number];
export type Lun = NonNullable<VmDefinition["luns"]>[number];
export type Medium = VmDefinition["cdroms"][number]["medium"];

/** An image that lies in a pool. */
export function withDisk(
  definition: VmDefinition,
  { pool, file }: { readonly pool: string; readonly file: string },
): VmDefinition {
  const disk: Disk = {
    ...{ name: freeName(definition, "disk"), pool, file, format: formatOf(file) },
    ...{ bus: "virtio", cache: "none", readOnly: false },
  };
  return { ...definition, disks: [...definition.disks, disk] };
}

export type IscsiSource = Extract<Lun["source"], { kind: "iscsi" }>;

/** Of an iSCSI target; where it is, is still to be said. */
export function withIscsiLun(definition: VmDefinition): VmDefinition {
  const entry: Lun = {
    ...{ name: freeName(definition, "lun"), bus: "virtio", readOnly: false },
    source: { kind: "iscsi", portal: "", target: "", lun: 0 },
  };
  return { ...definition, luns: [...(definition.luns ?? []), entry] };
}

/** @param part An empty `secret`: the target asks for none. */
export function withIscsiChanged(
  definition: VmDefinition,
  name: string,
  part: Partial<Omit<IscsiSource, "kind">>,
): VmDefinition {
  const luns = (definition.luns ?? []).map((lun) => {
    if (lun.name !== name || lun.source.kind !== "iscsi") return lun;
    const { secret, ...source } = { ...lun.source, ...part };
    return { ...lun, source: { ...source, ...(secret && { secret }) } };
  });
  return { ...definition, luns };
}

/** @param mac The adapter's address, which nobody else has. */
export function withNic(definition: VmDefinition, network: string, mac: string): VmDefinition {
  const nic: Nic = {
    ...{ name: freeName(definition, "nic"), switch: network, vlan: null, mac, model: "virtio" },
  };
  return { ...definition, nics: [...definition.nics, nic] };
}

export function withNicChanged(
  definition: VmDefinition,
  name: string,
  part: Partial<Nic>,
): VmDefinition {
  const nics = definition.nics.map((nic) => (nic.name === name ? { ...nic, ...part } : nic));
  return { ...definition, nics };
}

/** What has that name is gone from everywhere, the order in which the firmware tries devices as well. */
export function without(definition: VmDefinition, name: string): VmDefinition {
  const others = <T extends { readonly name: string }>(list: readonly T[]) =>
    list.filter((one) => one.name !== name);
  const { luns, ...rest } = definition;
  const left = others(luns ?? []);
  return {
    ...rest,
    disks: others(definition.disks),
    nics: others(definition.nics),
    ...(left.length > 0 && { luns: left }),
    bootOrder: definition.bootOrder.filter((one) => one !== name),
  };
}

export function withMedium(definition: VmDefinition, drive: string, medium: Medium): VmDefinition {
  const cdroms = definition.cdroms.map((one) => (one.name === drive ? { ...one, medium } : one));
  return { ...definition, cdroms };
}

/** In QEMU's own range of addresses for guests. */
export function macOf(random: Uint8Array): string {
  const last = [...random.subarray(0, 3)].map((byte) => byte.toString(16).padStart(2, "0"));
  return ["52", "54", "00", ...last].join(":");
}

function freeName({ disks, cdroms, nics, luns = [] }: VmDefinition, kind: string): string {
  const taken = new Set([...disks, ...cdroms, ...nics, ...luns].map(({ name }) => name));
  let number = 0;
  while (taken.has(`${kind}${number}`)) number += 1;
  return `${kind}${number}`;
}

/** As the agent has it for a new VM's disk. What is taken for qcow2 and is none does not start, and keeps its bytes. */
function formatOf(file: string): Disk["format"] {
  return file.endsWith(".raw") ? "raw" : "qcow2";
}
