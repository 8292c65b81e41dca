/**
 * LUNs: block nodes and devices of disks that are no files. QEMU reaches iSCSI by its own initiator, the one thing for which
 * it connects to a network (docs/decisions/0085); the others are block devices of the host. Pure.
 */
import type { LunDefinition, VmDefinition } from "../vm/definition.ts";
import type { PciLayout } from "./pci-layout.ts";
import { rootPortArguments } from "./root-port.ts";

/** What a host adds to a LUN's definition. */
export interface LunFacts {
  /** The host's block device; null for one that QEMU reaches by itself. */
  readonly device: string | null;
  readonly chap: { readonly user: string; readonly passwordPath: string } | null;
}

/** The block node that a LUN's device reads and writes. */
function lunNode(index: number): string {
  return `lun${index}`;
}

/** Disks on the SCSI controller have the numbers below; a VM has at most 24. */
const firstScsiId = 32;

export function lunArguments(
  { id, disks, luns = [] }: VmDefinition,
  facts: readonly LunFacts[],
  layout: PciLayout,
  boot: ReadonlyMap<string, number>,
): string[] {
  let place = disks.filter(({ bus }) => bus === "virtio").length;
  return luns.flatMap((lun, index) => {
    const { device = null, chap = null } = facts[index] ?? {};
    const args = lunNodeArguments(lun, lunNode(index), id, { device, chap });
    const bootindex = boot.get(lun.name);
    const common = {
      drive: lunNode(index),
      id: `lun-${lun.name}`,
      ...(bootindex === undefined ? {} : { bootindex }),
    };
    if (lun.bus === "scsi") {
      const seat = { bus: "scsi.0", "scsi-id": firstScsiId + index, lun: 0 };
      return [...args, ...json("-device", { driver: "scsi-hd", ...seat, ...common })];
    }
    args.push(...rootPortArguments(layout, "disk", place));
    const seat = layout.slotted("disk", place++);
    return [...args, ...json("-device", { driver: "virtio-blk-pci", ...seat, ...common })];
  });
}

/** How QEMU reaches a LUN of iSCSI, whoever asks it to. `vm` is the VM's id. */
export function iscsiOptions(
  { portal, target, lun }: Extract<LunDefinition["source"], { kind: "iscsi" }>,
  vm: string,
): Record<string, unknown> {
  const initiator = { "initiator-name": initiatorName(vm) };
  return { driver: "iscsi", transport: "tcp", portal, target, lun, ...initiator };
}

/** The node `name` with all beneath it; `vm` is the VM's id. */
function lunNodeArguments(
  lun: LunDefinition,
  name: string,
  vm: string,
  { device, chap }: LunFacts,
): string[] {
  const shared = {
    "read-only": lun.readOnly,
    discard: "unmap",
    cache: { direct: true, "no-flush": false },
  };
  const secret = `${name}-password`;
  const { source } = lun;
  const below =
    source.kind === "iscsi"
      ? {
          ...iscsiOptions(source, vm),
          ...(chap === null ? {} : { user: chap.user, "password-secret": secret }),
        }
      : { driver: "host_device", filename: device ?? "", locking: "off" };
  return [
    ...(chap === null
      ? []
      : json("-object", { "qom-type": "secret", id: secret, file: chap.passwordPath })),
    ...json("-blockdev", { ...below, "node-name": `${name}-source`, ...shared }),
    ...json("-blockdev", { driver: "raw", "node-name": name, file: `${name}-source`, ...shared }),
  ];
}

/** The VM's own name as an initiator, the same on every host: storage that lists initiators lists VMs. */
function initiatorName(vm: string): string {
  return `iqn.2008-11.org.linux-kvm:${vm}`;
}

function json(option: string, properties: Record<string, unknown>): string[] {
  return [option, JSON.stringify(properties)];
}
