/** Gives the VMs of dead hosts to others: the coordinator's work. Each is one compare-and-swap, so that doing it twice does nothing. */
import { errorChain } from "../base/errors.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import { type PlacedVm, type PlaceHost, placeVms } from "./placement.ts";
import type { Versioned, VmRecord } from "./records.ts";
import type { HostsView } from "./store.ts";

/** VMs that no host could start are tried everywhere anew after that: what was missing may be there by then. */
const retryMs = 60_000;

export class Failover {
  readonly #parts: ClusterParts;
  readonly #membership: Membership;

  constructor(parts: ClusterParts, membership: Membership) {
    this.#parts = parts;
    this.#membership = membership;
  }

  async place(view: HostsView): Promise<void> {
    const { store } = this.#membership;
    const homeless: Versioned<VmRecord>[] = [];
    for (const id of [...view.deaths.keys(), null]) {
      // Of a host that died with hundreds of VMs and of many that wait: one look must not take longer than a lease.
      const records = await store.vmsOf(await store.ownedBy(id));
      homeless.push(...records.filter((record) => this.#mayLeave(record, view)));
    }
    if (homeless.length === 0) return;
    // Whose VMs are where matters only to those that want to be apart; thousands of records are read for it.
    const isApart = homeless.some(({ policy }) => policy.apart.length > 0);
    const hosts = await this.#hosts(view, isApart ? await store.vms() : []);
    const { now, log } = this.#parts;
    const vms = homeless.map((record) => asPlaced(record, now()));
    for (const { vm, host, reason } of placeVms(vms, hosts)) {
      const record = homeless.find(({ id }) => id === vm);
      if (record === undefined) continue;
      try {
        if (host === null) await this.#membership.store.sayTrouble(record, reason);
        else await this.#give(record, host, view);
      } catch (error) {
        log.warn(
          { vm: record.definition.name, reason: errorChain(error) },
          "cannot give a VM away yet",
        );
      }
    }
  }

  /** A VM that came back with its host, under a newer incarnation, is that host's. */
  #mayLeave({ owner, incarnation, left }: VmRecord, { deaths }: HostsView): boolean {
    if (left) return false;
    if (owner === null) return true;
    const death = deaths.get(owner);
    return death !== undefined && incarnation <= death.incarnation;
  }

  async #give(record: Versioned<VmRecord>, to: string, view: HostsView): Promise<void> {
    const { store } = this.#membership;
    const { now, log, publish, faults } = this.#parts;
    const host = view.hosts.find(({ id }) => id === to);
    if (host === undefined) return;
    const { revision: _, ...kept } = record;
    const after: VmRecord = {
      ...kept,
      owner: to,
      incarnation: host.incarnation,
      // N.B. by two: no half of a move that was under way may take this for its handover and go on with memory that is old by now.
      generation: record.generation + 2,
      since: now(),
    };
    const stillDead = record.owner === null ? [] : [deathOf(record.owner, view, store.keys.death)];
    const { name } = record.definition;
    await faults.reach("coordinator:give:before");
    if (!(await store.replaceVm(record, after, [...stillDead, store.lives(to)]))) return;
    await faults.reach("coordinator:give:after");
    log.warn({ vm: name, host: host.name }, "a VM was given to another host");
    publish("cluster.vm-given", record.id, { name, host: host.name });
  }

  /** Those that are alive and answer. */
  async #hosts(view: HostsView, vms: readonly VmRecord[]): Promise<PlaceHost[]> {
    const { peers } = this.#parts;
    const living = view.hosts.filter(({ id }) => view.beats.has(id) && !view.deaths.has(id));
    const asked = living.map(async ({ id, name }): Promise<PlaceHost[]> => {
      const room = await peers.room(id).catch(() => undefined);
      if (room === undefined) return [];
      const groups = vms.filter(({ owner }) => owner === id).flatMap(({ policy }) => policy.apart);
      return [{ id, name, ...room, groups }];
    });
    return (await Promise.all(asked)).flat();
  }
}

function deathOf(host: string, { deaths }: HostsView, keyOf: (host: string) => string) {
  return { key: keyOf(host), revision: deaths.get(host)?.revision ?? null };
}

export function asPlaced(record: VmRecord, now: number): PlacedVm {
  const { id, definition, wanted, policy, tried = [], since } = record;
  // Another host's clock, which may have been set by hours, wrote `since`.
  const isOld = Math.abs(now - since) > retryMs;
  return {
    ...{ id, wanted, policy },
    name: definition.name,
    memoryBytes: definition.memory.mib * 1024 ** 2,
    pools: [...new Set(definition.disks.map(({ pool }) => pool))],
    switches: [...new Set(definition.nics.map((nic) => nic.switch))],
    tried: isOld ? [] : tried,
  };
}
