/**
 * What a person gives to create a VM: little, the rest has defaults. `completeDraft` makes the definition of it.
 */
import Type from "typebox";
import {
  FibreChannelAdapter,
  FileName,
  HostDevice,
  Lun,
  MacAddress,
  Name,
  PoolFile,
  SharedFolder,
  Tpm,
  VmDefinition,
} from "./definition.ts";
import { ShutdownPolicySchema } from "./shutdown-policy.ts";

const strict = { additionalProperties: false } as const;
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** Where a disk's bytes come from: `sizeBytes` (new, empty), `import` (a file on this host), `base` (another image of a pool,
 * which the new one stands on; with `sizeBytes` it is larger), or none of them (the file exists in the pool). */
export const DiskDraft = Type.Object(
  {
    /** Default: disk0, disk1 … */
    name: Type.Optional(Name),
    pool: Name,
    /** Default: VM-DISK.FORMAT. */
    file: Type.Optional(FileName),
    format: Type.Optional(Type.Union([Type.Literal("qcow2"), Type.Literal("raw")])),
    bus: Type.Optional(
      Type.Union([Type.Literal("virtio"), Type.Literal("scsi"), Type.Literal("sata")]),
    ),
    cache: Type.Optional(Type.Union([Type.Literal("none"), Type.Literal("writeback")])),
    readOnly: Type.Optional(Type.Boolean()),
    sizeBytes: Type.Optional(Type.Integer({ minimum: 1_048_576, maximum: 64 * 2 ** 40 })),
    /** Default pool: the disk's. */
    base: Type.Optional(Type.Object({ pool: Type.Optional(Name), file: FileName }, strict)),
    import: Type.Optional(Type.Object({ path: Type.String({ maxLength: 4096 }) }, strict)),
  },
  strict,
);
export type DiskDraft = Type.Static<typeof DiskDraft>;

export const NicDraft = Type.Object(
  {
    name: Type.Optional(Name),
    switch: Name,
    vlan: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 4094 }))),
    /** Default: a random one of 52:54:00. */
    mac: Type.Optional(MacAddress),
    model: Type.Optional(Type.Union([Type.Literal("virtio"), Type.Literal("e1000e")])),
  },
  strict,
);

/** A LUN is only named, never made: it is the storage's. */
export const LunDraft = Type.Object(
  {
    /** Default: lun0, lun1 … */
    name: Type.Optional(Name),
    bus: Type.Optional(Type.Union([Type.Literal("virtio"), Type.Literal("scsi")])),
    readOnly: Type.Optional(Type.Boolean()),
    source: Lun.properties.source,
  },
  strict,
);

export const FibreChannelDraft = Type.Object(
  {
    /** Default: fc0, fc1 … */
    name: Type.Optional(Name),
    fabric: FibreChannelAdapter.properties.fabric,
    /** Default: two random ones. */
    sets: Type.Optional(FibreChannelAdapter.properties.sets),
    active: Type.Optional(FibreChannelAdapter.properties.active),
  },
  strict,
);

const folder = SharedFolder.properties;
const SharedFolderDraft = Type.Object(
  { ...folder, readOnly: Type.Optional(Type.Boolean()) },
  strict,
);

const definition = VmDefinition.properties;

export const VmDraft = Type.Object(
  {
    name: Name,
    description: Type.Optional(definition.description),
    tags: Type.Optional(definition.tags),
    firmware: Type.Optional(Type.Union([Type.Literal("bios"), Type.Literal("uefi")])),
    /** Default: the newest q35 of this host's QEMU. */
    machineType: Type.Optional(definition.machine.properties.type),
    /** vCPUs; as sockets × cores × threads = 1 × cpus × 1 unless `topology` says otherwise. Default 1. */
    cpus: Type.Optional(Type.Integer({ minimum: 1, maximum: 512 })),
    topology: Type.Optional(
      Type.Object(
        {
          sockets: definition.cpu.properties.sockets,
          cores: definition.cpu.properties.cores,
          threads: definition.cpu.properties.threads,
        },
        strict,
      ),
    ),
    /** Default `x86-64-v2`. */
    cpuModel: Type.Optional(definition.cpu.properties.model),
    /** MiB. Default 1024. */
    memoryMib: Type.Optional(definition.memory.properties.mib),
    disks: Type.Optional(Type.Array(DiskDraft, { maxItems: 24 })),
    /** An installation medium in a pool, as cdrom `cd0`; null: an empty drive. */
    iso: Type.Optional(nullable(PoolFile)),
    kernelBoot: Type.Optional(definition.kernelBoot),
    nics: Type.Optional(Type.Array(NicDraft, { maxItems: 16 })),
    luns: Type.Optional(Type.Array(LunDraft, { maxItems: 24 })),
    fibreChannel: Type.Optional(Type.Array(FibreChannelDraft, { maxItems: 4 })),
    hostDevices: Type.Optional(Type.Array(HostDevice, { maxItems: 8 })),
    sharedFolders: Type.Optional(Type.Array(SharedFolderDraft, { maxItems: 4 })),
    bootOrder: Type.Optional(definition.bootOrder),
    vnc: Type.Optional(Type.Boolean()),
    serial: Type.Optional(Type.Boolean()),
    tpm: Type.Optional(Tpm),
    atHostShutdown: Type.Optional(ShutdownPolicySchema),
  },
  strict,
);
export type VmDraft = Type.Static<typeof VmDraft>;
