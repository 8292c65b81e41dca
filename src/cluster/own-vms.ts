/**
 * Keeps this host's VMs and the cluster's owner records in step: takes VMs that were given to this host and starts them, gives up copies that
 * belong to another, and writes down what people and guests do to its own. Every write names the record that it was made from.
 */
import { errorChain, FerryError } from "../base/errors.ts";
import type { VmRecord as LocalRecord } from "../vm/vm-host.ts";
import type { VmChange } from "../vm/vm-table.ts";
import { restoreVariables } from "./firmware-variables.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import { priorities } from "../vm/vm-policy.ts";
import { bootClockMs } from "./boot-clock.ts";
import type { Versioned, VmRecord } from "./records.ts";
import { Restarts, restartsMax, restartsWithinMs } from "./restarts.ts";

const endsAgain = `it ended ${restartsMax} times in ${restartsWithinMs / 60_000} minutes`;

export class OwnVms implements Disposable {
  readonly #parts: ClusterParts;
  readonly #membership: Membership;
  readonly #stopListening: () => void;
  /** Ids of VMs whose record is behind. */
  readonly #behind = new Set<string>();
  readonly #states = new Map<string, string>();
  readonly #wanted = new Map<string, VmRecord["wanted"]>();
  readonly #restarts = new Restarts();
  readonly #starting = new Set<string>();
  /** Ended here on purpose, to run elsewhere. */
  readonly #leaving = new Set<string>();
  #writing: Promise<void> | undefined;

  constructor(parts: ClusterParts, membership: Membership) {
    this.#parts = parts;
    this.#membership = membership;
    for (const { definition, state } of parts.vms.list()) {
      this.#states.set(definition.id, state);
      // What became of it before this agent started need not be in its record.
      this.#behind.add(definition.id);
    }
    this.#stopListening = parts.vms.onChange((change) => this.#changed(change));
  }

  /** One look: `owned` is what etcd says is this host's, with generations. Only while the lease is held. */
  async settle(owned: ReadonlyMap<string, number>): Promise<void> {
    await this.writeDown();
    const given: Versioned<VmRecord>[] = [];
    for (const [id, generation] of owned) {
      if (!this.#isSettled(id, generation)) {
        const record = await this.#take(id);
        if (record !== undefined) given.push(record);
      } else if (this.#needsStart(id)) {
        const record = await this.#membership.store.vm(id);
        if (record?.owner !== this.#membership.own.host) continue;
        this.#wanted.set(id, record.wanted);
        given.push(record);
      }
    }
    for (const id of this.#membership.local.vms()) if (!owned.has(id)) await this.#giveUp(id);
    const rank = ({ policy }: VmRecord): number => priorities.indexOf(policy.priority);
    for (const record of given.toSorted((a, b) => rank(a) - rank(b))) this.#start(record);
  }

  /** Writes what changed into the records. Fails silently: it is tried again. */
  async writeDown(): Promise<void> {
    this.#writing ??= this.#writeBehind().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  #isSettled(id: string, generation: number): boolean {
    const row = this.#parts.vms.find(id);
    if (row === undefined) return false;
    // A move brings it or takes it: the migration settles that.
    if (row.ownership !== "owner" || row.migration !== null) return true;
    const { local, own } = this.#membership;
    return row.generation === generation && local.incarnationOf(id) === own.incarnation;
  }

  /** It should run as far as this host knows, and does not. */
  #needsStart(id: string): boolean {
    const row = this.#parts.vms.find(id);
    if (row === undefined || row.ownership !== "owner" || row.migration !== null) return false;
    // A stopped one of which nothing is known yet was stopped by the machine's own end.
    return (
      row.state === "crashed" || (row.state === "stopped" && this.#wanted.get(id) !== "stopped")
    );
  }

  /** The record says that a VM is this host's, and this host does not have it so yet. */
  async #take(id: string): Promise<Versioned<VmRecord> | undefined> {
    const { store, local, own } = this.#membership;
    const { vms, faults } = this.#parts;
    let record = await store.vm(id);
    if (record === undefined || record.owner !== own.host) return undefined;
    const row = vms.find(id);
    const isNewerHere = row?.ownership === "owner" && row.generation > record.generation;
    if (record.incarnation !== own.incarnation || isNewerHere) {
      // From before this host was declared dead, and nobody else has taken it; or from a backup of the cluster's data.
      const { revision: _, ...kept } = record;
      const generation = Math.max(record.generation, row?.generation ?? 0);
      const mine = { ...kept, generation, incarnation: own.incarnation };
      if (!(await store.replaceVm(record, mine, [store.lives(own.host)]))) return undefined;
      record = await store.vm(id);
      if (record === undefined) return undefined;
    }
    local.guard(id, own.incarnation);
    if (row === undefined || row.generation < record.generation) {
      await faults.reach("heir:take:before");
      await vms.takeGiven(record.definition, record.generation);
      await faults.reach("heir:take:after");
      await restoreVariables(this.#parts, store, record.definition);
      this.#restarts.forget(id);
      this.#parts.log.warn({ vm: record.definition.name }, "the cluster gave a VM to this host");
    }
    this.#wanted.set(id, record.wanted);
    return record;
  }

  /** The record names another host, or there is none: this copy has no right to be. */
  async #giveUp(id: string): Promise<void> {
    const { store, local, own } = this.#membership;
    const { vms, log, faults } = this.#parts;
    const row = vms.find(id);
    if (row === undefined) return await this.#forget(id);
    if (row.ownership !== "owner" || row.migration !== null) return;
    const record = await store.vm(id);
    if (record === undefined) {
      log.warn({ vm: row.definition.name }, "the VM is the cluster's no longer");
      return local.release(id);
    }
    if (record.owner === own.host) return;
    if (row.generation > record.generation) {
      // A backup of the cluster's data was restored: what this host knows is newer.
      const { revision: _, ...kept } = record;
      const mine = {
        ...kept,
        owner: own.host,
        generation: row.generation,
        incarnation: own.incarnation,
        left: null,
      };
      await store.replaceVm(record, mine, [store.lives(own.host)]);
      return;
    }
    log.warn({ vm: row.definition.name, owner: record.owner }, "another host has the VM");
    await faults.reach("returning:give-up:before");
    await vms.destroyCopy(id);
    await faults.reach("returning:give-up:after");
    local.release(id);
  }

  /** It is gone from here, by a move or by another's word. The record of one that left has done its service. */
  async #forget(id: string): Promise<void> {
    const { store, local, own } = this.#membership;
    const record = await store.vm(id);
    if (record?.left?.from === own.host) await store.replaceVm(record, undefined);
    local.release(id);
  }

  #start(record: Versioned<VmRecord>): void {
    const { id, definition, wanted, policy } = record;
    const row = this.#parts.vms.find(id);
    const isDown = row?.state === "stopped" || row?.state === "crashed";
    if (wanted !== "running" || policy.priority === "never" || !isDown) return;
    if (!this.#parts.mayStart()) return;
    if (this.#starting.has(id)) return;
    this.#starting.add(id);
    const { vms, log, publish, faults } = this.#parts;
    if (!this.#restarts.count(id, bootClockMs())) {
      void this.#membership.store
        .sayTrouble(record, endsAgain)
        .catch((error: unknown) => log.warn({ reason: errorChain(error) }, "cannot say so"))
        .finally(() => this.#starting.delete(id));
      return;
    }
    faults
      .reach("heir:start:before")
      .then(() => restoreVariables(this.#parts, this.#membership.store, definition))
      .then(() => vms.start(id))
      .then(() => faults.reach("heir:start:after"))
      .then(() => publish("cluster.vm-started", id, { name: definition.name }))
      .catch(async (error: unknown) => {
        log.error(
          { vm: definition.name, reason: errorChain(error) },
          "cannot start the cluster's VM",
        );
        await this.#returnToCluster(id, FerryError.from(error));
      })
      .catch((error: unknown) =>
        log.error({ reason: errorChain(error) }, "cannot give the VM back"),
      )
      .finally(() => this.#starting.delete(id));
  }

  /**
   * Ends the guest (`end`: how) and gives the VM back to the cluster: this host can't run it any more.
   * @throws FerryError when it can't be ended; what etcd says.
   */
  async endHere(id: string, why: FerryError, end: () => Promise<unknown>): Promise<void> {
    this.#leaving.add(id);
    try {
      await end();
      await this.#returnToCluster(id, why);
    } finally {
      this.#leaving.delete(id);
    }
  }

  /** This host can't run it: somebody else may. Its copy goes first, so that it is certainly nowhere. */
  async #returnToCluster(id: string, error: FerryError): Promise<void> {
    const { store, local, own } = this.#membership;
    const record = await store.vm(id);
    const row = this.#parts.vms.find(id);
    if (record?.owner !== own.host || row?.state === "running") return;
    await this.#parts.vms.destroyCopy(id);
    const { revision: _, ...kept } = record;
    const after: VmRecord = {
      ...kept,
      owner: null,
      incarnation: 0,
      generation: record.generation + 2,
      since: this.#parts.now(),
      tried: [...(record.tried ?? []), own.host],
      trouble: `${this.#parts.host}: ${error.message}`,
    };
    if (await store.replaceVm(record, after)) local.release(id);
  }

  #changed({ kind, id, record }: VmChange): void {
    if (this.#membership.local.incarnationOf(id) === undefined) return;
    if (kind === "deleted" || record === null) {
      this.#states.delete(id);
      this.#wanted.delete(id);
      return;
    }
    const before = this.#states.get(id);
    this.#states.set(id, record.state);
    if (record.ownership !== "owner") return;
    this.#noteWanted(id, before, record);
    this.#behind.add(id);
    void this.writeDown();
  }

  /** A guest that shut down, or was shut down, shall stay so; one that was killed with its lease shall not. */
  #noteWanted(id: string, before: string | undefined, { state }: LocalRecord): void {
    if (this.#leaving.has(id)) return;
    if (state === "running") this.#wanted.set(id, "running");
    const wasUp = before === "running" || before === "paused";
    if (state === "stopped" && wasUp && this.#membership.keeper.standing === "held") {
      this.#wanted.set(id, "stopped");
    }
  }

  async #writeBehind(): Promise<void> {
    for (const id of this.#behind) {
      this.#behind.delete(id);
      try {
        await this.#write(id);
      } catch (error) {
        this.#behind.add(id);
        this.#parts.log.warn(
          { vm: id, reason: errorChain(error) },
          "the cluster's record is behind",
        );
        return;
      }
    }
  }

  async #write(id: string): Promise<void> {
    const { store, own, local } = this.#membership;
    const row = this.#parts.vms.find(id);
    if (row === undefined || row.ownership !== "owner" || row.migration !== null) return;
    if (local.incarnationOf(id) !== own.incarnation) return;
    const record = await store.vm(id);
    // N.B. only the owner of this generation has a say.
    if (record === undefined || record.owner !== own.host) return;
    if (record.generation !== row.generation || record.incarnation !== own.incarnation) return;
    const { revision: _, ...kept } = record;
    const wanted = this.#wanted.get(id) ?? record.wanted;
    const runs = row.state === "running";
    const after: VmRecord = {
      ...kept,
      definition: row.definition,
      wanted,
      ...(runs && { tried: [], trouble: null }),
    };
    if (JSON.stringify(after) === JSON.stringify(kept)) return;
    await this.#parts.faults.reach("heir:write:before");
    if (!(await store.replaceVm(record, after))) this.#behind.add(id);
    await this.#parts.faults.reach("heir:write:after");
  }

  [Symbol.dispose](): void {
    this.#stopListening();
  }
}
