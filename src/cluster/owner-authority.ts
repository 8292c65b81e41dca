/** In a cluster the owner record decides whom a VM belongs to (src/migration/ownership.ts). VMs that are not the cluster's go by the journals. */
import { FerryError } from "../base/errors.ts";
import type {
  OwnerAuthority,
  OwnerChange,
  OwnerQuestion,
  PassageWish,
} from "../migration/ownership.ts";
import type { Passage } from "../vm/passage.ts";
import { mayHaveHappened } from "./etcd-error.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import { hasLeftBefore, ownerAsSeen, ownerElsewhere, passageOf } from "./passages.ts";
import { HostRecord, readRecord, VmRecord } from "./records.ts";

type Owner = Awaited<ReturnType<OwnerAuthority["owner"]>>;

/** The guest stands still meanwhile. */
const swapAttemptMs = 2_000;

export class ClusterOwners implements OwnerAuthority {
  readonly #parts: ClusterParts;
  readonly #membership: () => Membership | undefined;

  constructor(parts: ClusterParts, membership: () => Membership | undefined) {
    this.#parts = parts;
    this.#membership = membership;
  }

  async owner(question: OwnerQuestion): Promise<Owner> {
    const { vm, generation, source, passage } = question;
    const membership = this.#membership();
    const left = passage?.leaves;
    if (left !== undefined && left.cluster !== membership?.own.id)
      return await ownerElsewhere(this.#parts, question, left);
    if (membership === undefined) return "journal";
    const { store, own } = membership;
    const isSource = source === this.#parts.host;
    try {
      // N.B. a source may have asked for the swap without hearing of it: what is on its way must not come after this answer.
      const record = isSource ? await store.pinVm(vm) : await store.vm(vm);
      if (record === undefined || hasLeftBefore(record, generation)) return "journal";
      if (record.generation === generation) return "source";
      if (record.left) return isSource ? ownerAsSeen(record, generation) : "journal";
      const isHere = record.owner === own.host;
      // A handover raises the generation by one, every other change of owner by more (failover.ts).
      return record.generation === generation + 1 && isHere !== isSource ? "target" : "elsewhere";
    } catch {
      return "silent";
    }
  }

  async passage(vm: string, target: string, wish: PassageWish): Promise<Passage | undefined> {
    return await passageOf(this.#membership(), vm, target, wish);
  }

  expect(vm: string, { enters }: Passage): void {
    const local = this.#membership()?.local;
    if (enters !== undefined) local?.expect(vm, enters);
  }

  async swap({ vm, to, generation, mayLeave }: OwnerChange): Promise<void> {
    const membership = this.#membership();
    if (membership?.local.incarnationOf(vm) === undefined) return;
    const { store, own } = membership;
    const { keys, etcd } = store;
    try {
      const { answers } = await etcd.transact(
        { questions: [{ get: keys.vm(vm) }, { prefix: keys.hosts }] },
        { timeoutMs: swapAttemptMs },
      );
      const hosts = (answers[1] ?? []).map((kept) => readRecord(HostRecord, kept));
      const target = hosts.find(({ id, name }) => name === to || id === to);
      const [kept] = answers[0] ?? [];
      const record = kept && readRecord(VmRecord, kept);
      if (record !== undefined && hasLeftBefore(record, generation - 1)) return;
      if (record?.owner !== own.host || record.generation !== generation - 1) throw notOurs(vm, to);
      if (target === undefined && !mayLeave) throw leavesCluster(record.definition.name, to);
      const { revision: _, ...same } = record;
      const after: VmRecord = {
        ...same,
        generation,
        since: this.#parts.now(),
        ...(target === undefined
          ? { owner: null, incarnation: 0, left: { from: own.host, to } }
          : { owner: target.id, incarnation: target.incarnation }),
      };
      const living = [own.host, ...(target === undefined ? [] : [target.id])].map((host) =>
        store.lives(host),
      );
      if (!(await store.replaceVm(record, after, living))) throw notOurs(vm, to);
    } catch (error) {
      if (isRefusal(error) || !mayHaveHappened(error)) throw error;
      throw inDoubt(vm, error);
    }
  }
}

class Refusal extends FerryError {}

function isRefusal(error: unknown): boolean {
  return error instanceof Refusal;
}

function notOurs(vm: string, to: string): Refusal {
  return new Refusal(
    "conflict",
    `Cannot hand VM ${vm} over to "${to}": the cluster's owner record was changed, or one of the hosts was declared dead`,
    { remedy: "See: ferry cluster status" },
  );
}

function leavesCluster(name: string, to: string): Refusal {
  return new Refusal(
    "conflict",
    `Cannot hand VM "${name}" over to "${to}": the VM is the cluster's, and that host is not in it`,
    { remedy: "Let it leave: ferry move --leave-cluster" },
  );
}

/** Recovery reads the record, as soon as it can, and goes on from there. */
function inDoubt(vm: string, cause: unknown): FerryError {
  return new FerryError(
    "migration-unresolved",
    `Whether VM ${vm} was handed over is in doubt: etcd did not answer`,
    { remedy: "It is settled by itself when etcd answers: ferry cluster status", cause },
  );
}
