/**
 * The coordinator's work on silent hosts that have a fence: their power is switched off before their VMs start elsewhere. It begins when such a host
 * must have begun to stop its guests by itself, so that it delays nothing. While it does not succeed, and nobody gives their word, the VMs wait:
 * whoever sets up a fence wants to be certain.
 */
import { errorChain, FerryError } from "../base/errors.ts";
import { bootClockMs } from "./boot-clock.ts";
import { type FenceDevice, requireFenceDevice, runFenceAgent } from "./fence-agent.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import {
  type DeadRecord,
  type FenceRecord,
  type HostRecord,
  type Versioned,
  writeRecord,
} from "./records.ts";
import type { HostsView } from "./store.ts";
import { clusterTimes } from "./times.ts";
import type { Watch } from "./watch.ts";

/** After one that failed. */
const retryMs = 5_000;

export class PowerFencing {
  readonly #parts: ClusterParts;
  readonly #membership: Membership;
  readonly #watch: Watch;
  /** Until when a host's fence is left alone: it is at work, or has just failed. */
  readonly #busyUntilMs = new Map<string, number>();

  constructor(parts: ClusterParts, membership: Membership, watch: Watch) {
    this.#parts = parts;
    this.#membership = membership;
    this.#watch = watch;
  }

  /** One look. Answers the ids of hosts that have a fence: no lapse of a lease alone makes them dead. */
  async look({ hosts, beats, deaths }: HostsView): Promise<ReadonlySet<string>> {
    const { store } = this.#membership;
    const fences = await store.fences();
    for (const fence of fences) {
      const host = hosts.find(({ id }) => id === fence.host);
      const silentMs = this.#watch.silentMs(fence.host);
      if (host === undefined || silentMs === null || deaths.has(host.id)) continue;
      const isDue = silentMs >= clusterTimes(this.#membership.own.settings.leaseMs).fenceMs;
      const isBusy = bootClockMs() < (this.#busyUntilMs.get(host.id) ?? 0);
      if (isDue && !isBusy) void this.#fence(host, fence, beats.get(host.id)?.revision ?? null);
    }
    return new Set(fences.map(({ host }) => host));
  }

  async #fence(
    host: HostRecord,
    fence: Versioned<FenceRecord>,
    beat: string | null,
  ): Promise<void> {
    const { log, fenceOptions } = this.#parts;
    this.#busyUntilMs.set(host.id, Number.POSITIVE_INFINITY);
    try {
      log.warn({ host: host.name, agent: fence.agent }, "a silent host is switched off");
      const device: FenceDevice = fence;
      requireFenceDevice(device, fenceOptions);
      await runFenceAgent(device, fence.action);
      await this.#declare(host, beat);
      await this.#say(fence, null);
    } catch (error) {
      log.error({ host: host.name, reason: errorChain(error) }, "cannot switch a silent host off");
      await this.#say(fence, FerryError.from(error).message).catch(() => undefined);
    } finally {
      this.#busyUntilMs.set(host.id, bootClockMs() + retryMs);
    }
  }

  /** Its power is off. One that has beaten since it was seen silent may be back already, and is looked at anew. */
  async #declare({ id, name, incarnation }: HostRecord, beat: string | null): Promise<void> {
    const { store } = this.#membership;
    const { host: by, now, log, publish } = this.#parts;
    const record: DeadRecord = { incarnation, at: now(), by, how: "power" };
    const { done } = await store.etcd.transact({
      conditions: [
        { key: store.keys.beat(id), revision: beat },
        { key: store.keys.death(id), revision: null },
      ],
      changes: [{ put: store.keys.death(id), value: writeRecord(record) }],
    });
    if (!done) return;
    log.warn({ host: name }, "a host's power is off: it is dead to the cluster");
    publish("cluster.host-dead", id, { name, by, how: "power" });
  }

  async #say(
    { revision, ...fence }: Versioned<FenceRecord>,
    trouble: string | null,
  ): Promise<void> {
    if (fence.trouble === trouble) return;
    const { etcd, keys } = this.#membership.store;
    const key = keys.fence(fence.host);
    await etcd.transact({
      conditions: [{ key, revision }],
      changes: [{ put: key, value: writeRecord({ ...fence, trouble }) }],
    });
  }
}
