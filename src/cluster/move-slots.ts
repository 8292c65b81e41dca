/**
 * How many moves there may be in the cluster at once: as many numbered slots in etcd, taken before the target is asked for one of its own. A slot belongs to a
 * host and a migration; the host frees it when the migration is over, the coordinator when the host is dead.
 */
import { FerryError } from "../base/errors.ts";
import type { SlotLink } from "../scheduler/attempts.ts";
import type { SlotAnswer, SlotRequest } from "../scheduler/slot-messages.ts";
import type { Membership } from "./membership.ts";
import { MoveSlotRecord, readRecord, type Versioned, writeRecord } from "./records.ts";

/** Others take slots at the same moment. */
const triesMax = 5;

export class ClusterSlots implements SlotLink {
  readonly #targets: SlotLink;
  readonly #membership: () => Membership | undefined;

  /** `targets`: how the targets themselves are asked. */
  constructor(targets: SlotLink, membership: () => Membership | undefined) {
    this.#targets = targets;
    this.#membership = membership;
  }

  async ask(target: string, request: SlotRequest, signal: AbortSignal): Promise<SlotAnswer> {
    const membership = this.#membership();
    const { migrationId } = request;
    const reason = membership === undefined ? null : await take(membership, migrationId);
    if (reason !== null) return { outcome: "wait", reason };
    const free = async (): Promise<void> => {
      if (membership !== undefined) await freeSlots(membership, (id) => id !== migrationId);
    };
    try {
      const answer = await this.#targets.ask(target, request, signal);
      if (answer.outcome === "wait") await free();
      return answer;
    } catch (error) {
      await free();
      throw error;
    }
  }

  async release(target: string, migrationId: string): Promise<void> {
    const membership = this.#membership();
    if (membership !== undefined) await freeSlots(membership, (id) => id !== migrationId);
    await this.#targets.release(target, migrationId);
  }
}

/** Why there is no slot, as a sentence; null when the migration has one, or needs none. */
async function take({ store, own }: Membership, migration: string): Promise<string | null> {
  const { movesMax } = own.settings;
  if (movesMax === null) return null;
  try {
    for (let turn = 0; turn < triesMax; turn++) {
      const kept = await store.etcd.list(store.keys.moves);
      const taken = new Map(kept.map((each) => [each.key, readRecord(MoveSlotRecord, each)]));
      if ([...taken.values()].some((slot) => slot.migration === migration)) return null;
      const numbers = Array.from({ length: movesMax }, (_, index) => store.keys.move(index + 1));
      const key = numbers.find((each) => !taken.has(each));
      if (key === undefined) {
        return `cluster "${own.name}" has ${taken.size} moves under way, and may have ${movesMax}`;
      }
      const record: MoveSlotRecord = { host: own.host, migration };
      const { done } = await store.etcd.transact({
        conditions: [{ key, revision: null }, store.lives(own.host)],
        changes: [{ put: key, value: writeRecord(record) }],
      });
      if (done) return null;
    }
    return `others take the slots of cluster "${own.name}" just now`;
  } catch (error) {
    return `the cluster's limit is not known: ${FerryError.from(error).message}`;
  }
}

/** Frees this host's slots of migrations that are over. Fails silently: it is tried again. */
export async function freeSlots(
  membership: Membership,
  isUnderWay: (migration: string) => boolean,
): Promise<void> {
  const { host } = membership.own;
  await freeWhere(membership, (slot) => slot.host === host && !isUnderWay(slot.migration));
}

/** The coordinator's: frees those of hosts that are dead or gone. */
export async function freeSlotsOfOthers(
  membership: Membership,
  lives: (host: string) => boolean,
): Promise<void> {
  await freeWhere(membership, ({ host }) => !lives(host));
}

async function freeWhere(
  { store }: Membership,
  isFree: (slot: Versioned<MoveSlotRecord>) => boolean,
): Promise<void> {
  const kept = await store.etcd.list(store.keys.moves).catch(() => []);
  for (const each of kept) {
    const slot = readRecord(MoveSlotRecord, each);
    if (!isFree(slot)) continue;
    const conditions = [{ key: each.key, revision: slot.revision }];
    await store.etcd
      .transact({ conditions, changes: [{ delete: each.key }] })
      .catch(() => undefined);
  }
}
