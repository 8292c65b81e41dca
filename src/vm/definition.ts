/**
 * What a VM is: the versioned document that people export and apply, that is stored, and that the source sends to
 * the target. Everything QEMU is started with derives from it (src/qemu/command-line.ts); nothing else does.
 *
 * The schema is the first gate for a document from a person or a peer: names cannot contain a path separator,
 * numbers are bounded, unknown properties are refused.
 */
import Type from "typebox";
import { since } from "../protocol/since.ts";
import { ShutdownPolicySchema } from "./shutdown-policy.ts";

/** Raised when a property is added or changes its meaning; an agent refuses documents newer than its own. */
export const definitionVersion = 1;

/** Those that this Ferry understands, the newest first. */
export const definitionVersions: readonly number[] = [definitionVersion];

const strict = { additionalProperties: false } as const;

/** A name people type: VM, pool, switch, host, disk. Starts with a letter or digit; no separators, no `..`. */
export const Name = Type.String({
  pattern: "^[A-Za-z0-9](?:[A-Za-z0-9_-]|\\.(?!\\.)){0,62}$",
  description:
    "a name of at most 63 letters, digits, - _ and single dots, beginning with a letter or digit",
});
/** A file inside a pool: one path segment, never hidden, never an option. */
export const FileName = Type.String({
  pattern: "^[A-Za-z0-9](?:[A-Za-z0-9_+-]|\\.(?!\\.)){0,126}$",
  description:
    "a file name in one piece: letters, digits, - _ + and single dots, beginning with a letter or digit",
});
export const MacAddress = Type.String({ pattern: "^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$" });
export const Uuid = Type.String({
  pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
});

export const MachineType = Type.String({ pattern: "^pc-(q35|i440fx)-[0-9]+\\.[0-9]+$" });

export const PoolFile = Type.Object({ pool: Name, file: FileName }, strict);

const ImageFormat = Type.Union([Type.Literal("qcow2"), Type.Literal("raw")]);

/** An image that a disk's own is a difference to. It is only read, and may be the base of many. */
export const BackingImage = Type.Object(
  { pool: Name, file: FileName, format: ImageFormat },
  strict,
);
/** A chain this deep is a mistake; each image costs every read one more look. */
export const backingImagesMax = 8;

export const Disk = Type.Object(
  {
    name: Name,
    pool: Name,
    file: FileName,
    format: ImageFormat,
    /** What the image stands on, the nearest first; absent for one that is whole. */
    backing: since(
      3,
      Type.Optional(Type.Array(BackingImage, { minItems: 1, maxItems: backingImagesMax })),
    ),
    bus: Type.Union([Type.Literal("virtio"), Type.Literal("scsi"), Type.Literal("sata")], {
      default: "virtio",
    }),
    /** `none` bypasses the host's page cache and is the only mode safe on storage that two hosts share. */
    cache: Type.Union([Type.Literal("none"), Type.Literal("writeback")], { default: "none" }),
    readOnly: Type.Boolean({ default: false }),
  },
  strict,
);

export const Cdrom = Type.Object(
  { name: Name, medium: Type.Union([PoolFile, Type.Null()], { default: null }) },
  strict,
);

export const Nic = Type.Object(
  {
    name: Name,
    switch: Name,
    vlan: Type.Union([Type.Integer({ minimum: 1, maximum: 4094 }), Type.Null()], { default: null }),
    mac: MacAddress,
    model: Type.Union([Type.Literal("virtio"), Type.Literal("e1000e")], { default: "virtio" }),
  },
  strict,
);

const hex = (digits: number) =>
  Type.String({
    pattern: `^[0-9a-f]{${digits}}$`,
    description: `${digits} hexadecimal digits, small letters`,
  });
/** A world wide name of Fibre Channel: 16 hexadecimal digits. */
export const WorldWideName = hex(16);

/** A LUN of an iSCSI target, which QEMU reaches by itself. */
const IscsiSource = Type.Object(
  {
    kind: Type.Literal("iscsi"),
    /** Address and port, the same from every host: `10.0.0.5:3260`, `[fd00::5]:3260`. */
    portal: Type.String({
      pattern: "^(\\[[0-9a-fA-F:.]{2,45}\\]|[A-Za-z0-9][A-Za-z0-9.-]{0,252}):[0-9]{1,5}$",
      description: "an address and a port, such as 10.0.0.5:3260 or [fd00::5]:3260",
    }),
    target: Type.String({
      pattern: "^(iqn|eui|naa)\\.[A-Za-z0-9.:_-]{1,219}$",
      description: "the name of an iSCSI target, such as iqn.2026-01.org.example:vms",
    }),
    lun: Type.Integer({ minimum: 0, maximum: 16_383 }),
    /** What each host calls the target's CHAP user and password (src/storage/secrets.ts); absent: none is asked for. */
    secret: Type.Optional(Name),
  },
  strict,
);

/** A LUN that a virtual Fibre Channel adapter of the VM sees. */
const FibreChannelSource = Type.Object(
  {
    kind: Type.Literal("fibre-channel"),
    adapter: Name,
    /** The storage's port in the fabric. */
    target: WorldWideName,
    lun: Type.Integer({ minimum: 0, maximum: 16_383 }),
  },
  strict,
);

/** A disk of a host by a name that stays the same. */
export const DeviceName = Type.String({
  pattern: "^/dev/disk/by-(id|path|partuuid)/[A-Za-z0-9][A-Za-z0-9:._+-]{0,200}$",
  description: "a name of a disk that stays, such as /dev/disk/by-id/ata-X",
});

/** A block device of the host itself: a physical disk. */
const PhysicalSource = Type.Object(
  {
    kind: Type.Literal("physical"),
    device: DeviceName,
  },
  strict,
);

/** A disk that is no file of a pool. */
export const Lun = Type.Object(
  {
    name: Name,
    bus: Type.Union([Type.Literal("virtio"), Type.Literal("scsi")], { default: "virtio" }),
    readOnly: Type.Boolean({ default: false }),
    source: Type.Union([IscsiSource, FibreChannelSource, PhysicalSource]),
  },
  strict,
);

const WorldWideNames = Type.Object({ wwnn: WorldWideName, wwpn: WorldWideName }, strict);

/**
 * A virtual Fibre Channel adapter. It has two sets of names: while the VM moves, source and target are both logged in to
 * the fabric, each with one of them, so that the LUN is never lost. Every move changes over to the other set.
 */
export const FibreChannelAdapter = Type.Object(
  {
    name: Name,
    /** The fabric's name, which the host's own adapters tell; every host that has a port in it can have the VM. */
    fabric: WorldWideName,
    sets: Type.Tuple([WorldWideNames, WorldWideNames]),
    active: Type.Union([Type.Literal(0), Type.Literal(1)], { default: 0 }),
  },
  strict,
);

/** A device of the host that the guest has for itself; a VM that has one does not move. */
export const HostDevice = Type.Union([
  Type.Object({ name: Name, kind: Type.Literal("usb"), vendor: hex(4), product: hex(4) }, strict),
  Type.Object(
    {
      name: Name,
      kind: Type.Literal("pci"),
      address: Type.String({ pattern: "^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]$" }),
    },
    strict,
  ),
]);

/** As long as the guest's mount tag may be. */
const FolderName = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,30}$" });

/** A directory in a pool that the guest mounts by this name (virtio-9p). */
export const SharedFolder = Type.Object(
  { name: FolderName, pool: Name, directory: FileName, readOnly: Type.Boolean({ default: false }) },
  strict,
);

export const KernelBoot = Type.Object(
  {
    kernel: PoolFile,
    initrd: Type.Union([PoolFile, Type.Null()], { default: null }),
    commandLine: Type.String({ maxLength: 2048, default: "" }),
  },
  strict,
);

/** A TPM 2.0 in software (swtpm), as every guest of today knows how to use one. */
export const Tpm = Type.Object(
  {
    model: Type.Union([Type.Literal("crb"), Type.Literal("tis")], { default: "crb" }),
  },
  strict,
);

export const VmDefinition = Type.Object(
  {
    version: Type.Literal(definitionVersion),
    id: Uuid,
    name: Name,
    description: Type.String({ maxLength: 4096, default: "" }),
    tags: Type.Array(Name, { maxItems: 64, default: [] }),
    machine: Type.Object(
      {
        /** Pinned at creation to what the host's QEMU calls it, such as `pc-q35-7.2`; never an alias. */
        type: MachineType,
        /** What it becomes when the VM is next started from nothing; absent: what it is. */
        upgradeTo: since(3, Type.Optional(MachineType)),
        firmware: Type.Union([Type.Literal("bios"), Type.Literal("uefi")], { default: "bios" }),
      },
      strict,
    ),
    cpu: Type.Object(
      {
        sockets: Type.Integer({ minimum: 1, maximum: 64 }),
        cores: Type.Integer({ minimum: 1, maximum: 256 }),
        threads: Type.Integer({ minimum: 1, maximum: 8 }),
        /** A QEMU model name, `x86-64-v2` and so on (src/qemu/cpu-model.ts), or `host`. */
        model: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$" }),
      },
      strict,
    ),
    memory: Type.Object({ mib: Type.Integer({ minimum: 16, maximum: 16_777_216 }) }, strict),
    disks: Type.Array(Disk, { maxItems: 24, default: [] }),
    cdroms: Type.Array(Cdrom, { maxItems: 4, default: [] }),
    nics: Type.Array(Nic, { maxItems: 16, default: [] }),
    /** From here to `sharedFolders`: absent where the VM has none, which is also what an older Ferry understands. */
    luns: since(3, Type.Optional(Type.Array(Lun, { maxItems: 24 }))),
    fibreChannel: since(3, Type.Optional(Type.Array(FibreChannelAdapter, { maxItems: 4 }))),
    hostDevices: since(3, Type.Optional(Type.Array(HostDevice, { maxItems: 8 }))),
    sharedFolders: since(3, Type.Optional(Type.Array(SharedFolder, { maxItems: 4 }))),
    /** Names of disks, LUNs, cdroms and nics in the order the firmware tries them. */
    bootOrder: Type.Array(Name, { maxItems: 44, default: [] }),
    kernelBoot: Type.Union([KernelBoot, Type.Null()], { default: null }),
    display: Type.Object({ vnc: Type.Boolean({ default: true }) }, strict),
    serial: Type.Boolean({ default: true }),
    /** Absent where there is none, so that agents which know of no TPM take the documents of all other VMs. */
    tpm: since(3, Type.Optional(Tpm)),
    /** Absent: as its host's settings say. */
    atHostShutdown: since(3, Type.Optional(ShutdownPolicySchema)),
  },
  strict,
);

export type VmDefinition = Type.Static<typeof VmDefinition>;

/** A document of a Ferry that is newer than this one: of it only what every version has is sure. */
export const FutureDefinition = Type.Object({
  version: Type.Integer({ minimum: definitionVersion + 1 }),
  id: Uuid,
  name: Name,
});
export type FutureDefinition = Type.Static<typeof FutureDefinition>;
export type DiskDefinition = Type.Static<typeof Disk>;
export type NicDefinition = Type.Static<typeof Nic>;
export type BackingImage = Type.Static<typeof BackingImage>;
export type PoolFile = Type.Static<typeof PoolFile>;
export type LunDefinition = Type.Static<typeof Lun>;
export type FibreChannelDefinition = Type.Static<typeof FibreChannelAdapter>;
export type HostDeviceDefinition = Type.Static<typeof HostDevice>;
