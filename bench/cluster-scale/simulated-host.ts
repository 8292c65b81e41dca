/** One host of a large cluster without QEMU: the cluster's own code over a table of VMs in memory, with its lease kept in the same process. */
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { Keeper } from "../../src/cluster/keeper.ts";
import { LocalState } from "../../src/cluster/local-state.ts";
import type { ClusterParts, HostRoom } from "../../src/cluster/parts.ts";
import { type HostRecord, type VmRecord, writeRecord } from "../../src/cluster/records.ts";
import { RunningCluster } from "../../src/cluster/running-cluster.ts";
import { clusterKeys } from "../../src/cluster/keys.ts";
import type { Change } from "../../src/cluster/etcd-request.ts";
import { openDatabase } from "../../src/database/database.ts";
import type { Pools } from "../../src/storage/pools.ts";
import type { Trust } from "../../src/trust/trust.ts";
import type { VmDefinition } from "../../src/vm/definition.ts";
import type { LocalVms } from "../../src/vm/local-vms.ts";
import type { VmRecord as LocalRecord } from "../../src/vm/vm-host.ts";

export interface SimulatedCluster {
  readonly id: string;
  readonly leaseMs: number;
  readonly endpoints: readonly string[];
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly directory: string;
  readonly vmsEach: number;
  readonly definition: VmDefinition;
  readonly room: (host: string) => HostRoom;
}

export class SimulatedHost {
  readonly id = randomUUID();
  readonly name: string;
  readonly vms = new Map<string, LocalRecord>();
  readonly #of: SimulatedCluster;
  #running: RunningCluster | undefined;
  #keeper: Keeper | undefined;

  constructor(of: SimulatedCluster, number: number) {
    this.#of = of;
    this.name = `sim-${String(number).padStart(3, "0")}`;
    for (let index = 0; index < of.vmsEach; index++) {
      const id = randomUUID();
      this.#add({ ...of.definition, id, name: `${this.name}-vm-${index}` }, 1);
    }
  }

  /** What it is in etcd: itself, its first beat, and its VMs with their owner records. */
  records(): Change[] {
    const keys = clusterKeys(this.#of.id);
    const host: HostRecord = {
      ...{ id: this.id, name: this.name, joinedAt: 0, since: 0, incarnation: 1, place: null },
    };
    const { leaseMs } = this.#of;
    return [
      { put: keys.host(this.id), value: writeRecord(host) },
      { put: keys.beat(this.id), value: writeRecord({ incarnation: 1, leaseMs }) },
      ...[...this.vms.values()].flatMap(({ definition, generation }): Change[] => {
        const record: VmRecord = {
          ...{ id: definition.id, definition, owner: this.id, incarnation: 1, generation },
          ...{ wanted: "running", since: 0, tried: [], trouble: null },
          policy: { priority: "normal", preferredHosts: [], possibleHosts: null, apart: [] },
        };
        return [
          { put: keys.vm(definition.id), value: writeRecord(record) },
          { put: keys.ownedVm(this.id, definition.id), value: String(generation) },
        ];
      }),
    ];
  }

  start(): void {
    const { id, directory, tls, endpoints, leaseMs } = this.#of;
    const state = join(directory, this.name);
    mkdirSync(state, { recursive: true });
    const database = openDatabase(join(state, "ferry.db"));
    const local = new LocalState(database);
    local.write({
      ...{ id, name: "scale", managed: false, host: this.id, incarnation: 1, others: [] },
      settings: { leaseMs, etcdMembers: 3, failover: true, movesMax: null },
      endpoints: [...endpoints],
      tls: { ...tls },
    });
    for (const vm of this.vms.keys()) local.guard(vm, 1);
    const parts: ClusterParts = {
      ...{ database, now: Date.now, host: this.name, etcdBinary: "etcd", advertise: "" },
      log: pino({ level: "silent" }),
      trust: { onChange: () => () => undefined } as unknown as Trust,
      vms: this.#localVms(),
      pools: { find: () => undefined } as unknown as Pools,
      peers: {
        seek: async () => [],
        room: async (host) => this.#of.room(host),
        consent: async () => false,
        ownerOf: async () => "silent",
        lookAtDisk: async () => ({ bytes: 0, digest: "" }),
        startMember: async () => undefined,
        restored: async () => undefined,
      },
      ...{ clientPort: 0, peerPort: 0, watchdog: null, fenceOptions: [] },
      paths: { state, run: state },
      publish: () => undefined,
      isMoving: () => false,
      startKeeper: (orders) => {
        this.#keeper = new Keeper(orders, () => undefined);
        void this.#keeper.run();
      },
    };
    this.#running = new RunningCluster(parts, local, () => undefined);
  }

  get holdsLease(): boolean {
    return this.#running?.membership.keeper.standing === "held";
  }

  /** Its power is cut. */
  async die(): Promise<void> {
    // In this order: an agent that lives would start another keeper.
    await this.#running?.[Symbol.asyncDispose]();
    this.#keeper?.[Symbol.dispose]();
  }

  #add(definition: VmDefinition, generation: number): void {
    this.vms.set(definition.id, {
      ...{ definition, generation, ownership: "owner", state: "running" },
      ...{ migration: null, createdAt: 0, storageMove: null },
    });
  }

  /** Of a host's VMs, what the cluster asks for. */
  #localVms(): LocalVms {
    const listeners = new Set<(change: unknown) => void>();
    const changed = (id: string): void => {
      const record = this.vms.get(id) ?? null;
      for (const listener of listeners) listener({ kind: "changed", id, record });
    };
    const vms = {
      list: () => [...this.vms.values()],
      find: (id: string) => this.vms.get(id),
      get: (id: string) => this.vms.get(id),
      onChange: (listener: (change: unknown) => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      takeGiven: async (definition: VmDefinition, generation: number) => {
        this.#add(definition, generation);
        changed(definition.id);
      },
      start: async (id: string) => changed(id),
      destroyCopy: async (id: string) => {
        this.vms.delete(id);
        changed(id);
      },
    };
    return vms as unknown as LocalVms;
  }
}
