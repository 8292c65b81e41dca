/**
 * What this host itself keeps of its cluster, so that it knows without etcd: which one it is in, as which incarnation, where etcd is, and which
 * of its VMs belong to the cluster. In the same database as the registry.
 */
import type { DatabaseSync } from "node:sqlite";
import Type from "typebox";
import Value from "typebox/value";
import { VmPolicy } from "../vm/vm-policy.ts";
import { ClusterSettings } from "./records.ts";

const Known = Type.Object({ id: Type.String(), name: Type.String() });

export const LocalMembership = Type.Object({
  id: Type.String(),
  name: Type.String(),
  managed: Type.Boolean(),
  /** This host's id in its domain, and in the cluster. */
  host: Type.String(),
  incarnation: Type.Integer({ minimum: 1 }),
  endpoints: Type.Array(Type.String()),
  /** As last read. */
  settings: ClusterSettings,
  /** The other hosts that were alive when they were last read: those whose consent it takes (consent.ts). */
  others: Type.Array(Known),
  /** What an etcd of somebody else wants to see; null: this host's certificate of the domain. PEM. */
  tls: Type.Union([
    Type.Object({ ca: Type.String(), cert: Type.String(), key: Type.String() }),
    Type.Null(),
  ]),
});
export type LocalMembership = Type.Static<typeof LocalMembership>;

export class LocalState {
  readonly #database: DatabaseSync;
  #membership: LocalMembership | undefined;
  readonly #vms = new Map<string, number>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    const row = database.prepare("SELECT value FROM cluster").get() as
      | { value: string }
      | undefined;
    if (row !== undefined) {
      this.#membership = Value.Parse(LocalMembership, JSON.parse(row.value));
    }
    const vms = database.prepare("SELECT vm, incarnation FROM cluster_vms").all();
    for (const { vm, incarnation } of vms as unknown as { vm: string; incarnation: number }[]) {
      this.#vms.set(vm, incarnation);
    }
  }

  get membership(): LocalMembership | undefined {
    return this.#membership;
  }

  /** Durable when this returns. */
  write(membership: LocalMembership): void {
    this.#database
      .prepare(
        `INSERT INTO cluster (one, value) VALUES (1, ?)
         ON CONFLICT (one) DO UPDATE SET value = excluded.value`,
      )
      .run(JSON.stringify(membership));
    this.#membership = membership;
  }

  /** This host is in no cluster any more. */
  clear(): void {
    this.#database.exec(
      "DELETE FROM cluster; DELETE FROM cluster_vms; DELETE FROM cluster_entering;",
    );
    this.#membership = undefined;
    this.#vms.clear();
  }

  /** The VMs of the cluster on this host. */
  vms(): string[] {
    return [...this.#vms.keys()];
  }

  /** As whose incarnation this host has the VM; undefined for one that is not the cluster's. */
  incarnationOf(vm: string): number | undefined {
    return this.#vms.get(vm);
  }

  /** From the moment this returns the VM's QEMU is guarded. */
  guard(vm: string, incarnation: number): void {
    this.#database
      .prepare(
        `INSERT INTO cluster_vms (vm, incarnation) VALUES (?, ?)
         ON CONFLICT (vm) DO UPDATE SET incarnation = excluded.incarnation`,
      )
      .run(vm, incarnation);
    this.#vms.set(vm, incarnation);
  }

  /** Once a move has brought it, the VM becomes the cluster's. Durable when this returns. */
  expect(vm: string, policy: VmPolicy): void {
    this.#database
      .prepare(
        `INSERT INTO cluster_entering (vm, policy) VALUES (?, ?)
         ON CONFLICT (vm) DO UPDATE SET policy = excluded.policy`,
      )
      .run(vm, JSON.stringify(policy));
  }

  entering(): { readonly vm: string; readonly policy: VmPolicy }[] {
    const rows = this.#database.prepare("SELECT vm, policy FROM cluster_entering").all();
    return (rows as unknown as { vm: string; policy: string }[]).map(({ vm, policy }) => ({
      vm,
      policy: Value.Parse(VmPolicy, JSON.parse(policy)),
    }));
  }

  stopExpecting(vm: string): void {
    this.#database.prepare("DELETE FROM cluster_entering WHERE vm = ?").run(vm);
  }

  release(vm: string): void {
    this.#database.prepare("DELETE FROM cluster_vms WHERE vm = ?").run(vm);
    this.#vms.delete(vm);
  }
}
