/**
 * One host of a large cluster: an agent without QEMU. Its certificate, its door with every route, what it asks other hosts, its lease and its part in the cluster
 * are the agent's own code; its VMs are a table in memory, and it keeps its lease in the same process.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import pino from "pino";
import { RosterExchange } from "../../src/agent/roster-exchange.ts";
import { HttpClusterPeers } from "../../src/api/cluster-peers.ts";
import type { FrontDoor } from "../../src/api/front-door.ts";
import { Listener } from "../../src/api/listener.ts";
import { findPeer } from "../../src/api/peer-directory.ts";
import { SignedRoster } from "../../src/api/schema/domain.ts";
import { PeerClient } from "../../src/api/peer-client.ts";
import { createServer } from "../../src/api/server.ts";
import type { Services } from "../../src/api/services.ts";
import { Cluster } from "../../src/cluster/cluster.ts";
import type { Change } from "../../src/cluster/etcd-request.ts";
import { Keeper } from "../../src/cluster/keeper.ts";
import { clusterKeys } from "../../src/cluster/keys.ts";
import type { HostRoom } from "../../src/cluster/parts.ts";
import { type HostRecord, type VmRecord, writeRecord } from "../../src/cluster/records.ts";
import { openDatabase } from "../../src/database/database.ts";
import { Faults } from "../../src/migration/faults.ts";
import type { Pools } from "../../src/storage/pools.ts";
import { Trust } from "../../src/trust/trust.ts";
import type { VmDefinition } from "../../src/vm/definition.ts";
import { SimulatedVms } from "./simulated-vms.ts";

/** What all simulated hosts have in common. */
export interface SimulatedCluster {
  /** Of the cluster. */
  readonly id: string;
  readonly leaseMs: number;
  readonly endpoints: readonly string[];
  /** Where their states lie. */
  readonly directory: string;
  /** Of the namespace that they are in: each has a port of its own there. */
  readonly address: string;
  readonly vmsEach: number;
  readonly definition: VmDefinition;
}

const firstPort = 20_000;
const gib = 2 ** 30;
const log = pino({ level: "silent" });

export class SimulatedHost {
  readonly name: string;
  readonly vms: SimulatedVms;
  readonly #of: SimulatedCluster;
  readonly #database;
  readonly #trust: Trust;
  readonly #peers: PeerClient;
  readonly #listener: Listener;
  readonly #state: string;
  readonly #port: number;
  #front: FrontDoor | undefined;
  #roster: RosterExchange | undefined;
  #cluster: Cluster | undefined;
  #keeper: Keeper | undefined;
  #isDead = false;

  constructor(of: SimulatedCluster, number: number) {
    this.#of = of;
    this.name = `sim-${String(number).padStart(3, "0")}`;
    this.#state = join(of.directory, this.name);
    this.#port = firstPort + number;
    mkdirSync(this.#state, { recursive: true });
    this.#database = openDatabase(join(this.#state, "ferry.db"));
    const directory = join(this.#state, "trust");
    this.#trust = new Trust({ directory, database: this.#database, log, now: Date.now });
    this.#peers = new PeerClient(this.#trust);
    this.#listener = new Listener({
      ...{ log, trust: this.#trust, name: this.name },
      socket: { path: join(this.#state, "ferryd.sock"), groupId: null },
      tls: { address: "0.0.0.0", port: this.#port, advertise: of.address },
    });
    this.vms = new SimulatedVms();
    for (let index = 0; index < of.vmsEach; index++) {
      const id = randomUUID();
      this.vms.add({ ...of.definition, id, name: `${this.name}-vm-${index}` }, 1);
    }
  }

  /** Its id in the domain, once it has entered that. */
  get id(): string {
    return this.#trust.member().host.id;
  }

  get holdsLease(): boolean {
    return this.#cluster?.membership?.keeper.standing === "held";
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get cluster(): Cluster {
    if (this.#cluster === undefined) throw new Error(`${this.name} has not entered yet`);
    return this.#cluster;
  }

  /** Enters the domain with a token, as any host does. */
  async enter(token: string): Promise<void> {
    this.#cluster = this.#makeCluster();
    const services = {
      self: { name: this.name, version: "simulated", startedAt: Date.now() },
      ...{ now: Date.now, trust: this.#trust, peers: this.#peers, cluster: this.#cluster },
      ...{ vms: this.vms.asLocalVms(), clusterRoom: async () => this.#room() },
    } as unknown as Services;
    const app = await createServer(services, log);
    const request: FrontDoor["request"] = (asked, answer) => app.routing(asked, answer);
    const front = { request, upgrade: () => undefined } as unknown as FrontDoor;
    const { name } = this;
    await this.#trust.join(token, { name, address: this.#of.address, port: this.#port });
    this.#front = front;
  }

  /** Its door opens when all have entered: each is told of every other one, and that many small files on one disk take minutes. */
  async open(): Promise<void> {
    const { roster } = this.#trust;
    const question = { method: "GET", path: "/v1/peer/roster" };
    const issuer = findPeer(this.#trust, roster.issuer);
    this.#trust.mergeRoster(await this.#peers.ask(issuer, SignedRoster, question));
    if (this.#front !== undefined) await this.#listener.start(this.#front);
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
      ...this.vms.list().flatMap(({ definition, generation }): Change[] => {
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

  /** As an agent does that starts on a host of the cluster. */
  start(): void {
    this.#roster = new RosterExchange(this.#trust, this.#peers, log);
    this.#roster.start();
    const { id, endpoints, leaseMs } = this.#of;
    const { local } = this.cluster;
    local.write({
      ...{ id, name: "scale", managed: true, host: this.id, incarnation: 1, others: [] },
      settings: { leaseMs, etcdMembers: 3, failover: true, movesMax: null },
      ...{ endpoints: [...endpoints], tls: null },
    });
    for (const { definition } of this.vms.list()) local.guard(definition.id, 1);
    this.cluster.start();
  }

  /** Its power is cut. */
  async die(): Promise<void> {
    this.#isDead = true;
    // In this order: an agent that lives would start another keeper.
    await this.#cluster?.[Symbol.asyncDispose]();
    this.#keeper?.[Symbol.dispose]();
    await this.#roster?.[Symbol.asyncDispose]();
    await this.#listener[Symbol.asyncDispose]();
    this.#peers[Symbol.dispose]();
  }

  #room(): HostRoom {
    return {
      ...{ memoryAvailableBytes: 256 * gib, memoryTotalBytes: 512 * gib, threads: 64 },
      ...{ runningVms: this.vms.list().length, drained: false },
      ...{ pools: [simulatedPool], switches: ["lan"] },
    };
  }

  #makeCluster(): Cluster {
    const others = new HttpClusterPeers(this.#trust, this.#peers);
    return new Cluster({
      ...{ database: this.#database, log, now: Date.now, host: this.name, trust: this.#trust },
      vms: this.vms.asLocalVms(),
      pools: { find: () => undefined } as unknown as Pools,
      peers: {
        seek: () => others.seek(),
        room: async (host) => (host === this.id ? this.#room() : await others.room(host)),
        consent: (host, leaseMs) => others.consent(host, leaseMs),
        ownerOf: (host, question) => others.ownerOf(host, question),
        ownVms: (host) => others.ownVms(host),
        lookAtDisk: (host, device) => others.lookAtDisk(host, device),
        startMember: (host, plan) => others.startMember(host, plan),
        restored: (host, place) => others.restored(host, place),
      },
      // It has no place for a member of etcd, and is never given one.
      ...{ etcdBinary: "etcd", advertise: this.#of.address, clientPort: 0, peerPort: 0 },
      ...{ watchdog: null, fenceOptions: [], isMoving: () => false },
      mayStart: () => true,
      faults: new Faults(false),
      paths: { state: this.#state, run: this.#state },
      publish: () => undefined,
      startKeeper: (orders) => {
        this.#keeper = new Keeper(orders, () => undefined);
        void this.#keeper.run();
      },
    });
  }
}

/** A pool that the real hosts do not have: none of the simulated VMs is given to them. */
export const simulatedPool = "simulated";
