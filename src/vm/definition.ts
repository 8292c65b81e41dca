/**
 * What a VM is: the versioned document that people export and apply, that is stored, and that the source sends to
 * the target. Everything QEMU is started with derives from it (src/qemu/command-line.ts); nothing else does.
 *
 * The schema is the first gate for a document from a person or a peer: names cannot contain a path separator,
 * numbers are bounded, unknown properties are refused.
 */
import Type from "typebox";

/** Raised when a property is added or changes its meaning; an agent refuses documents newer than its own. */
export const definitionVersion = 1;

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

export const PoolFile = Type.Object({ pool: Name, file: FileName }, strict);

export const Disk = Type.Object(
  {
    name: Name,
    pool: Name,
    file: FileName,
    format: Type.Union([Type.Literal("qcow2"), Type.Literal("raw")]),
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

export const KernelBoot = Type.Object(
  {
    kernel: PoolFile,
    initrd: Type.Union([PoolFile, Type.Null()], { default: null }),
    commandLine: Type.String({ maxLength: 2048, default: "" }),
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
        type: Type.String({ pattern: "^pc-(q35|i440fx)-[0-9]+\\.[0-9]+$" }),
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
    /** Names of disks, cdroms and nics in the order the firmware tries them. */
    bootOrder: Type.Array(Name, { maxItems: 44, default: [] }),
    kernelBoot: Type.Union([KernelBoot, Type.Null()], { default: null }),
    display: Type.Object({ vnc: Type.Boolean({ default: true }) }, strict),
    serial: Type.Boolean({ default: true }),
  },
  strict,
);

export type VmDefinition = Type.Static<typeof VmDefinition>;
export type DiskDefinition = Type.Static<typeof Disk>;
export type NicDefinition = Type.Static<typeof Nic>;
export type PoolFile = Type.Static<typeof PoolFile>;
