/**
 * What becomes of this host's VMs when it loses a volume that their disks are on: they are paused until it is back, or ended here and started on a host
 * that reaches it. Their memory can't outlive their disks: a live move would need them.
 */
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { errorChain, FerryError } from "../base/errors.ts";
import type { VmRecord as LocalRecord } from "../vm/vm-host.ts";
import type { Membership } from "./membership.ts";
import type { OwnVms } from "./own-vms.ts";
import type { ClusterParts } from "./parts.ts";
import { bestHostFor } from "./proposals.ts";
import type { VolumeStanding, VolumeWatch } from "./volume-watch.ts";

/** A QEMU whose disk hangs may not answer; its guest stands still all the same. */
const pauseMsMax = 5_000;
/** One that waits in the kernel for a disk can't even be killed. */
const endMsMax = 30_000;

export class VolumeLoss {
  readonly #parts: ClusterParts;
  readonly #membership: Membership;
  readonly #watch: VolumeWatch;
  readonly #ownVms: OwnVms;
  readonly #lost = new Set<string>();
  readonly #ending = new Set<string>();

  constructor(parts: ClusterParts, membership: Membership, watch: VolumeWatch, ownVms: OwnVms) {
    this.#parts = parts;
    this.#membership = membership;
    this.#watch = watch;
    this.#ownVms = ownVms;
  }

  /** After every look at the volumes. */
  async act(): Promise<void> {
    for (const standing of this.#watch.standings) {
      const { volume, trouble } = standing;
      if (this.#watch.isLost(standing)) await this.#lose(standing);
      else if (trouble === null) await this.#regain(volume.pool);
    }
  }

  async #lose({ volume, trouble }: VolumeStanding): Promise<void> {
    const { pool, onLoss } = volume;
    if (!this.#lost.has(pool)) {
      this.#lost.add(pool);
      const { host, publish } = this.#parts;
      publish("cluster.volume-lost", this.#membership.own.id, { host, pool, onLoss, trouble });
    }
    for (const vm of this.#runningOn(pool)) {
      const { id, name } = vm.definition;
      const elsewhere = onLoss === "move" ? await this.#placeFor(id) : null;
      if (elsewhere === null) await this.#pause(id, pool);
      else void this.#moveAway(vm, pool, elsewhere);
      this.#parts.log.warn({ vm: name, pool, elsewhere }, "a VM lost the volume of its disks");
    }
  }

  #runningOn(pool: string): LocalRecord[] {
    const { vms } = this.#parts;
    return vms.list().filter(({ definition, state, ownership, migration }) => {
      const isOurs = this.#membership.local.incarnationOf(definition.id) !== undefined;
      const uses = definition.disks.some((disk) => disk.pool === pool);
      return isOurs && uses && state === "running" && ownership === "owner" && migration === null;
    });
  }

  /** A host that could start it; null for none. */
  async #placeFor(vm: string): Promise<string | null> {
    return await bestHostFor(this.#parts, this.#membership, vm).then(
      ({ to }) => to,
      () => null, // etcd or the hosts do not answer
    );
  }

  async #pause(id: string, pool: string): Promise<void> {
    // Noted first: whoever pauses it and dies must know why it stands still.
    notePause(this.#parts.database, id, pool);
    const paused = this.#parts.vms.pause(id).then(
      () => undefined,
      (error: unknown) =>
        this.#parts.log.warn({ vm: id, reason: errorChain(error) }, "cannot pause"),
    );
    await Promise.race([paused, wait(pauseMsMax, undefined, { ref: false })]);
  }

  async #moveAway({ definition }: LocalRecord, pool: string, to: string): Promise<void> {
    const { id, name } = definition;
    if (this.#ending.has(id)) return;
    this.#ending.add(id);
    const { log } = this.#parts;
    try {
      log.warn({ vm: name, pool, to }, "a VM is ended here, to start where its disks are");
      const reason = `Host "${this.#parts.host}" has lost volume "${pool}"`;
      const ended = await Promise.race([
        this.#ownVms
          .endHere(id, new FerryError("system-refused", reason), () => this.#parts.vms.powerOff(id))
          .then(() => true),
        wait(endMsMax, false, { ref: false }),
      ]);
      if (!ended) throw new Error("its QEMU does not end: it waits for its disk in the kernel");
    } catch (error) {
      log.error({ vm: name, reason: errorChain(error) }, "cannot move a VM from a lost volume");
    } finally {
      this.#ending.delete(id);
    }
  }

  async #regain(pool: string): Promise<void> {
    const { database, vms, host, publish, log } = this.#parts;
    if (this.#lost.delete(pool))
      publish("cluster.volume-back", this.#membership.own.id, { host, pool });
    for (const id of pausedFor(database, pool)) {
      if (vms.find(id)?.state === "paused") {
        await vms.resume(id);
        log.warn({ vm: id, pool }, "a VM goes on: the volume of its disks is back");
      }
      forgetPause(database, id);
    }
  }
}

function notePause(database: DatabaseSync, vm: string, pool: string): void {
  database
    .prepare("INSERT INTO volume_pauses (vm, pool) VALUES (?, ?) ON CONFLICT (vm) DO NOTHING")
    .run(vm, pool);
}

function pausedFor(database: DatabaseSync, pool: string): string[] {
  const rows = database.prepare("SELECT vm FROM volume_pauses WHERE pool = ?").all(pool);
  return (rows as unknown as { vm: string }[]).map(({ vm }) => vm);
}

function forgetPause(database: DatabaseSync, vm: string): void {
  database.prepare("DELETE FROM volume_pauses WHERE vm = ?").run(vm);
}
