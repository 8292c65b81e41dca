/** The cluster's records in etcd, read and changed as records: every change names what it was made from (fenced writes). */
import { isDeepStrictEqual } from "node:util";
import { FerryError } from "../base/errors.ts";
import type { AskOptions, EtcdClient } from "./etcd-client.ts";
import { mayHaveHappened } from "./etcd-error.ts";
import type { Change, Condition, Kept } from "./etcd-request.ts";
import { type ClusterKeys, clusterKeys, idOf } from "./keys.ts";
import {
  BeatRecord,
  ClusterRecord,
  CoordinatorRecord,
  DeadRecord,
  DiskRecord,
  FenceRecord,
  HostRecord,
  readRecord,
  type Versioned,
  VmRecord,
  VolumeRecord,
  VolumeStates,
  writeRecord,
} from "./records.ts";

/** etcd takes so many in one transaction. */
const questionsMax = 100;

/** The hosts, as one moment of etcd shows them. */
export interface HostsView {
  readonly hosts: readonly Versioned<HostRecord>[];
  /** By the host's id. */
  readonly beats: ReadonlyMap<string, Versioned<BeatRecord>>;
  readonly deaths: ReadonlyMap<string, Versioned<DeadRecord>>;
}

/** What one host looks at again and again. */
export interface OwnView {
  readonly cluster: Versioned<ClusterRecord> | undefined;
  readonly coordinator: Versioned<CoordinatorRecord> | undefined;
  /** Generation by VM. */
  readonly owned: ReadonlyMap<string, number>;
  readonly volumes: readonly VolumeRecord[];
  readonly disks: readonly DiskRecord[];
  /** Of the other host that was asked about: its beat, and how it reaches the volumes. */
  readonly beat: Versioned<BeatRecord> | undefined;
  readonly volumeStates: VolumeStates | undefined;
}

export class ClusterStore {
  readonly etcd: EtcdClient;
  readonly keys: ClusterKeys;

  constructor(etcd: EtcdClient, cluster: string) {
    this.etcd = etcd;
    this.keys = clusterKeys(cluster);
  }

  /** One question, since every host asks it at every look. `other`: a host that is asked about too. */
  async own(host: string, other?: string): Promise<OwnView> {
    const { cluster, coordinator, owned, volumes, disks, beat, volumeState } = this.keys;
    const { answers } = await this.etcd.transact({
      questions: [
        { get: cluster },
        { get: coordinator },
        { prefix: owned(host) },
        { prefix: volumes },
        { prefix: disks },
        ...(other === undefined ? [] : [{ get: beat(other) }, { get: volumeState(other) }]),
      ],
    });
    return {
      cluster: first(answers[0], ClusterRecord),
      coordinator: first(answers[1], CoordinatorRecord),
      owned: new Map((answers[2] ?? []).map(({ key, value }) => [idOf(key), Number(value)])),
      volumes: (answers[3] ?? []).map((kept) => readRecord(VolumeRecord, kept)),
      disks: (answers[4] ?? []).map((kept) => readRecord(DiskRecord, kept)),
      beat: first(answers[5], BeatRecord),
      volumeStates: first(answers[6], VolumeStates),
    };
  }

  async hosts(): Promise<HostsView> {
    const { hosts, beats, deaths } = this.keys;
    const { answers } = await this.etcd.transact({
      questions: [{ prefix: hosts }, { prefix: beats }, { prefix: deaths }],
    });
    return {
      hosts: (answers[0] ?? []).map((kept) => readRecord(HostRecord, kept)),
      beats: byId(answers[1], (kept) => readRecord(BeatRecord, kept)),
      deaths: byId(answers[2], (kept) => readRecord(DeadRecord, kept)),
    };
  }

  async host(id: string): Promise<Versioned<HostRecord> | undefined> {
    const kept = await this.etcd.get(this.keys.host(id));
    return kept && readRecord(HostRecord, kept);
  }

  async vm(id: string, options: AskOptions = {}): Promise<Versioned<VmRecord> | undefined> {
    const kept = await this.etcd.get(this.keys.vm(id), options);
    return kept && readRecord(VmRecord, kept);
  }

  /** Those of these ids that there are, a few requests for many. */
  async vmsOf(ids: readonly string[]): Promise<Versioned<VmRecord>[]> {
    const found: Versioned<VmRecord>[] = [];
    for (let from = 0; from < ids.length; from += questionsMax) {
      const questions = ids
        .slice(from, from + questionsMax)
        .map((id) => ({ get: this.keys.vm(id) }));
      const { answers } = await this.etcd.transact({ questions });
      found.push(...answers.flat().map((kept) => readRecord(VmRecord, kept)));
    }
    return found;
  }

  async vms(): Promise<Versioned<VmRecord>[]> {
    return (await this.etcd.list(this.keys.vms)).map((kept) => readRecord(VmRecord, kept));
  }

  async fences(): Promise<Versioned<FenceRecord>[]> {
    return (await this.etcd.list(this.keys.fences)).map((kept) => readRecord(FenceRecord, kept));
  }

  /** Ids of an owner's VMs; null: of nobody's. */
  async ownedBy(host: string | null): Promise<string[]> {
    return (await this.etcd.list(this.keys.owned(host))).map(({ key }) => idOf(key));
  }

  /**
   * Replaces a VM's record, if it is still the one that `before` is. With it go the conditions of whoever changes it: a dead host's word does not
   * count. When etcd does not answer, what became of the change is found out, and one that may still be on its way is made void.
   * @returns false when it was not made and will not be. @throws EtcdError, uncertain when even that can't be known.
   */
  async replaceVm(
    before: Versioned<VmRecord> | undefined,
    after: VmRecord | undefined,
    conditions: readonly Condition[] = [],
  ): Promise<boolean> {
    try {
      return await this.#replaceVm(before, after, conditions);
    } catch (error) {
      const id = (before ?? after)?.id ?? "";
      if (!mayHaveHappened(error)) throw error;
      const present = await this.vm(id);
      if (same(present, after)) return true;
      if (before === undefined || present?.revision !== before.revision) {
        if (present === undefined) throw error;
        return false;
      }
      // N.B. a request that waits in a member which stands still would find its condition fulfilled later. It does not find it after this.
      await this.#replaceVm(before, before, []);
      return false;
    }
  }

  /** Writes into a VM's record why it does not run. */
  async sayTrouble(record: Versioned<VmRecord>, trouble: string): Promise<void> {
    if (record.trouble === trouble) return;
    const { revision: _, ...kept } = record;
    await this.replaceVm(record, { ...kept, trouble });
  }

  /** Makes every change of a record void that is still on its way. @returns the record as it is then; undefined without one. */
  async pinVm(id: string): Promise<Versioned<VmRecord> | undefined> {
    for (;;) {
      const present = await this.vm(id);
      if (present === undefined) return undefined;
      if (await this.#replaceVm(present, present, [])) return present;
    }
  }

  async #replaceVm(
    before: Versioned<VmRecord> | undefined,
    after: VmRecord | undefined,
    conditions: readonly Condition[],
  ): Promise<boolean> {
    const { vm, ownedVm, variables } = this.keys;
    const id = (before ?? after)?.id ?? "";
    const changes: Change[] = [];
    // A key may change once in a transaction.
    if (before !== undefined && before.owner !== after?.owner) {
      changes.push({ delete: ownedVm(before.owner, id) });
    }
    if (after === undefined) {
      changes.push({ delete: vm(id) }, { delete: variables(id) });
    } else {
      changes.push({ put: vm(id), value: writeRecord(after) });
      // One that has left is nobody's here, and waits for nobody.
      if (!after.left)
        changes.push({ put: ownedVm(after.owner, id), value: String(after.generation) });
    }
    const unchanged = { key: vm(id), revision: before?.revision ?? null };
    return (await this.etcd.transact({ conditions: [unchanged, ...conditions], changes })).done;
  }

  /** The condition that a host is not declared dead. */
  lives(host: string): Condition {
    return { key: this.keys.death(host), revision: null };
  }
}

/** @throws FerryError `conflict`. */
export function requireChanged(done: boolean, what: string): void {
  if (done) return;
  throw new FerryError(
    "conflict",
    `Cannot ${what}: the cluster's record of it was changed meanwhile`,
    {
      remedy: "Look at it again: ferry cluster status",
    },
  );
}

function first<Schema extends Parameters<typeof readRecord>[0]>(
  answers: readonly Kept[] | undefined,
  schema: Schema,
): ReturnType<typeof readRecord<Schema>> | undefined {
  const kept = answers?.[0];
  return kept && readRecord(schema, kept);
}

function byId<Record>(
  answers: readonly Kept[] | undefined,
  decode: (kept: Kept) => Record,
): Map<string, Record> {
  return new Map((answers ?? []).map((kept) => [idOf(kept.key), decode(kept)]));
}

function same(left: object | undefined, right: object | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return isDeepStrictEqual(JSON.parse(writeRecord(left)), JSON.parse(writeRecord(right)));
}
