/** What a host says about the LUNs, adapters, folders and devices of a VM: part of facts.ts. */
import Type from "typebox";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Bytes = Type.Integer({ minimum: 0 });
const text = (maxLength: number) => Type.String({ maxLength });

export const AttachedFacts = Type.Object({
  /** By name, those that a host can look at before it has the VM: LUNs of iSCSI. */
  luns: Type.Record(
    text(64),
    Type.Object({
      bytes: nullable(Bytes),
      /** Why QEMU can't open it here; null when it can. */
      error: nullable(text(1024)),
    }),
  ),
  /** By name of a LUN: another VM of this host that has it. */
  lunUsers: Type.Record(text(64), text(64)),
  /** Of the secrets that the VM's LUNs need: those that this host does not know. */
  missingSecrets: Type.Array(text(64), { maxItems: 24 }),
  /** By name of the VM's Fibre Channel adapters. */
  fibreChannel: Type.Record(
    text(64),
    Type.Object({
      /** Ports of this host in the adapter's fabric that could carry it. */
      usablePorts: Type.Integer({ minimum: 0 }),
      /** Of the storage's ports that the VM's LUNs name: those that this host's ports do not see in the fabric. */
      unseen: Type.Array(text(16), { maxItems: 64 }),
    }),
  ),
  /** By name of a shared folder: why it can't be shared here; null when it can. */
  folders: Type.Record(text(64), nullable(text(1024))),
  /** Why the VM's QEMU here would refuse to be moved, in its own words. */
  blockers: Type.Array(text(1024), { maxItems: 64 }),
  /** The size of this host's UEFI firmware; null when it has none. */
  uefiBytes: nullable(Bytes),
});
export type AttachedFacts = Type.Static<typeof AttachedFacts>;
