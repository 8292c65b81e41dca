/** Disks and CD drives: block nodes, their controllers and devices. Pure. */
import { FerryError } from "../base/errors.ts";
import type { DiskDefinition, VmDefinition } from "../vm/definition.ts";
import { mediumNode } from "./media.ts";
import type { PciLayout } from "./pci-layout.ts";
import { rootPortArguments } from "./root-port.ts";

export interface DiskFacts {
  readonly path: string;
  /** Of what it stands on, in the order of the definition. */
  readonly backing: readonly string[];
}

/** The block node that a disk's device reads and writes; what mirrors and statistics name. */
export function diskNode(index: number): string {
  return `disk${index}`;
}

const sataPorts = 6;

export function storageArguments(
  definition: VmDefinition,
  facts: { disks: readonly DiskFacts[]; cdroms: readonly (string | null)[] },
  layout: PciLayout,
  boot: ReadonlyMap<string, number>,
): string[] {
  const { disks, cdroms } = definition;
  refuseTooManyOnSata(definition);
  const args: string[] = [];
  if ([...disks, ...(definition.luns ?? [])].some(({ bus }) => bus === "scsi")) {
    args.push(...device({ driver: "virtio-scsi-pci", id: "scsi", ...layout.fixed("scsi") }));
  }
  let virtioDisks = 0;
  let sataDevices = 0;
  disks.forEach((disk, index) => {
    const image = facts.disks[index] ?? { path: "", backing: [] };
    for (const node of diskNodeOptions(disk, diskNode(index), image)) {
      args.push("-blockdev", JSON.stringify(node));
    }
    const common = {
      drive: diskNode(index),
      id: `disk-${disk.name}`,
      ...bootIndex(boot, disk.name),
    };
    if (disk.bus === "virtio") {
      const place = virtioDisks++;
      args.push(...rootPortArguments(layout, "disk", place));
      args.push(
        ...device({ driver: "virtio-blk-pci", ...layout.slotted("disk", place), ...common }),
      );
    } else if (disk.bus === "scsi") {
      args.push(
        ...device({ driver: "scsi-hd", bus: "scsi.0", "scsi-id": index, lun: 0, ...common }),
      );
    } else {
      args.push(
        ...device({ driver: "ide-hd", ...sataPlace(definition, sataDevices++), ...common }),
      );
    }
  });
  cdroms.forEach((cdrom, index) => {
    const path = facts.cdroms[index] ?? null;
    if (path !== null) args.push(...mediumArguments(index, path));
    args.push(
      ...device({
        driver: "ide-cd",
        id: `cd-${cdrom.name}`,
        ...(path === null ? {} : { drive: mediumNodeName(index) }),
        ...sataPlace(definition, sataDevices++),
        ...bootIndex(boot, cdrom.name),
      }),
    );
  });
  return args;
}

/** What the disk stands on from the ground up, its file's node, then the format's on it, which is called `name`. */
export function diskNodeOptions(
  disk: DiskDefinition,
  name: string,
  { path, backing }: DiskFacts,
): Record<string, unknown>[] {
  const beneath = (disk.backing ?? []).map((image, index, { length }) =>
    imageNodes(
      { ...disk, format: image.format, readOnly: true },
      backingNode(name, index),
      backing[index] ?? "",
      index + 1 < length ? backingNode(name, index + 1) : null,
    ),
  );
  const standsOn = beneath.length === 0 ? null : backingNode(name, 0);
  return [...beneath.toReversed().flat(), ...imageNodes(disk, name, path, standsOn)];
}

/** One image: its file and its format. Whatever its header says, it stands on the node `standsOn` and on no other. */
function imageNodes(
  disk: Pick<DiskDefinition, "cache" | "readOnly" | "format">,
  name: string,
  filename: string,
  standsOn: string | null,
): Record<string, unknown>[] {
  const cache = { direct: disk.cache === "none", "no-flush": false };
  const shared = { "read-only": disk.readOnly, discard: "unmap", cache };
  const file = {
    driver: "file",
    "node-name": fileNode(name),
    filename,
    // QEMU's lock strands a moving VM between both hosts; Ferry's own stands in (docs/decisions/0022).
    locking: "off",
    ...shared,
  };
  const format = { driver: disk.format, "node-name": name, file: fileNode(name) };
  const backing = disk.format === "qcow2" ? { backing: standsOn } : {};
  return [file, { ...format, ...shared, ...backing }];
}

/** The node of an image beneath a disk's own; 0 is the nearest. */
export function backingNode(name: string, index: number): string {
  return `${name}-base${index}`;
}

/** The node of a disk's file beneath the disk's own. */
export function fileNode(name: string): string {
  return `${name}-file`;
}

/** The block node of a medium in the drive at this place. */
export function mediumNodeName(index: number): string {
  return `cd${index}`;
}

function mediumArguments(index: number, filename: string): string[] {
  return ["-blockdev", JSON.stringify(mediumNode(mediumNodeName(index), filename))];
}

/** q35 has six SATA ports; i440fx two IDE channels of two. Both are called `ide`. */
function sataPlace(definition: VmDefinition, index: number): { bus: string; unit: number } {
  return definition.machine.type.startsWith("pc-q35-")
    ? { bus: `ide.${index}`, unit: 0 }
    : { bus: `ide.${Math.floor(index / 2)}`, unit: index % 2 };
}

function refuseTooManyOnSata({ disks, cdroms, machine, name }: VmDefinition): void {
  const wanted = disks.filter(({ bus }) => bus === "sata").length + cdroms.length;
  const ports = machine.type.startsWith("pc-q35-") ? sataPorts : 4;
  if (wanted <= ports) return;
  throw new FerryError(
    "unsupported",
    `Cannot build VM "${name}": ${wanted} SATA disks and CD drives, its machine has ${ports} ports`,
    { remedy: "Put disks on bus virtio or scsi" },
  );
}

function bootIndex(boot: ReadonlyMap<string, number>, name: string): { bootindex?: number } {
  const position = boot.get(name);
  return position === undefined ? {} : { bootindex: position };
}

function device(properties: Record<string, unknown>): string[] {
  return ["-device", JSON.stringify(properties)];
}
