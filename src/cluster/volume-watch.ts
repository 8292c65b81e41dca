/**
 * Watches the cluster's volumes as this host reaches them, with and without etcd. The proof never ends: every host reads the volume's token, and
 * the mark that the coordinator has written there since it started, which no copied directory can have.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { bootClockMs } from "./boot-clock.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import { type VolumeRecord, type VolumeStates, writeRecord } from "./records.ts";
import type { OwnView } from "./store.ts";
import { probeVolume, readMarks } from "./volume-probe.ts";

const lookEveryMs = 3_000;
/** A volume that is away for so long is lost: longer than a failover of a storage controller that guests ride out. */
export const lossMs = 15_000;

export interface VolumeStanding {
  readonly volume: VolumeRecord;
  /** Why guests can't use it here; null: they can. */
  readonly trouble: string | null;
  /** Why it may be another directory than the others'; null: it is the same. Reason enough to start nothing here, and to ask a person. */
  readonly doubt: string | null;
  /** On the boot clock. */
  readonly sinceMs: number;
}

export class VolumeWatch {
  readonly #parts: ClusterParts;
  readonly #membership: Membership;
  readonly #mark = randomUUID();
  readonly #standings = new Map<string, VolumeStanding>();
  /** Of the host that coordinates, as its own state says. */
  #coordinator: VolumeStates | undefined;
  #volumes: readonly VolumeRecord[] = [];
  #disks: readonly string[] = [];
  #written = "";

  constructor(parts: ClusterParts, membership: Membership) {
    this.#parts = parts;
    this.#membership = membership;
  }

  get standings(): readonly VolumeStanding[] {
    return [...this.#standings.values()];
  }

  /** Physical disks that are the cluster's; none until etcd has answered once. */
  get disks(): readonly string[] {
    return this.#disks;
  }

  isLost({ trouble, sinceMs }: VolumeStanding): boolean {
    return trouble !== null && bootClockMs() - sinceMs >= lossMs;
  }

  /** Names of pools that no VM should be started on here. */
  get away(): ReadonlySet<string> {
    const bad = this.standings.filter(({ trouble, doubt }) => trouble !== null || doubt !== null);
    return new Set(bad.map(({ volume }) => volume.pool));
  }

  /** Looks at each again and again; `changed` is called after every round. */
  async run(signal: AbortSignal, changed: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await Promise.all(this.#volumes.map((volume) => this.#look(volume)));
      await changed().catch((error: unknown) =>
        this.#parts.log.warn({ err: error }, "cannot act on a volume's state"),
      );
      await wait(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What etcd says: which volumes there are, how the coordinator reaches them; and what it shall know of this host. @throws EtcdError. */
  async exchange({ volumes: present, disks, volumeStates }: OwnView): Promise<void> {
    const { store, own } = this.#membership;
    const { keys, etcd } = store;
    this.#disks = disks.map(({ device }) => device);
    this.#volumes = present;
    for (const pool of this.#standings.keys())
      if (!this.#volumes.some((volume) => volume.pool === pool)) this.#standings.delete(pool);
    this.#coordinator = volumeStates;
    const volumes = Object.fromEntries(
      this.standings.map(({ volume, trouble, doubt }) => [volume.pool, { trouble, doubt }]),
    );
    const record: VolumeStates = { host: own.host, mark: this.#mark, volumes };
    const text = writeRecord(record);
    if (text === this.#written) return;
    await etcd.transact({ changes: [{ put: keys.volumeState(own.host), value: text }] });
    this.#written = text;
  }

  async #look(volume: VolumeRecord): Promise<void> {
    const { pools, log } = this.#parts;
    const { pool, token } = volume;
    const path = pools.find(pool)?.path;
    const place = { token, host: this.#membership.own.host, mark: this.#mark };
    const trouble =
      path === undefined ? "this host has no such pool" : await probeVolume({ ...place, path });
    const before = this.#standings.get(pool);
    const isSame = before !== undefined && (before.trouble === null) === (trouble === null);
    if (!isSame && (before !== undefined || trouble !== null))
      log.warn({ pool, trouble }, trouble === null ? "a volume is back" : "a volume is away");
    const sinceMs = isSame ? before.sinceMs : bootClockMs();
    const doubt = trouble === null && path !== undefined ? await this.#doubt(pool, path) : null;
    this.#standings.set(pool, { volume, trouble, doubt, sinceMs });
  }

  /** A mark is on the volume before its host says that it is well there. */
  async #doubt(pool: string, path: string): Promise<string | null> {
    const coordinator = this.#coordinator;
    if (coordinator === undefined || coordinator.host === this.#membership.own.host) return null;
    if (coordinator.volumes[pool]?.trouble !== null) return null;
    const marks = await readMarks(path, [coordinator.host]);
    if (marks.get(coordinator.host) === coordinator.mark) return null;
    return "what the coordinator writes there is not here: it may be another directory";
  }
}
