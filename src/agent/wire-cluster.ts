/** Puts the host's cluster together: what it stands on, and the other hosts it asks. */
import { availableParallelism, totalmem } from "node:os";
import type { DatabaseSync } from "node:sqlite";
import { HttpClusterPeers } from "../api/cluster-peers.ts";
import type { PeerClient } from "../api/peer-client.ts";
import type { Log } from "../base/log.ts";
import { Cluster } from "../cluster/cluster.ts";
import type { HostRoom } from "../cluster/parts.ts";
import type { Faults } from "../migration/faults.ts";
import type { EventLog } from "../database/event-log.ts";
import { keptDrain } from "../scheduler/drain-state.ts";
import type { MachineFacts } from "../precheck/gather.ts";
import type { Switches } from "../network/switches.ts";
import type { Pools } from "../storage/pools.ts";
import type { Trust } from "../trust/trust.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { AgentConfig } from "./config.ts";
import { freeMemory } from "./free-memory.ts";

export interface ClusterWiring {
  readonly config: AgentConfig;
  readonly database: DatabaseSync;
  readonly log: Log;
  readonly now: () => number;
  readonly trust: Trust;
  readonly peers: PeerClient;
  readonly vms: LocalVms;
  readonly pools: Pools;
  readonly events: EventLog;
  readonly faults: Faults;
  readonly isMoving: (migration: string) => boolean;
  readonly mayStart: () => boolean;
  /** This host's own room: asked of itself as of the others. */
  readonly room: () => Promise<HostRoom>;
}

/** Nothing for a host without a cluster. */
export function clusterFact({ membership, local, disks }: Cluster): Pick<MachineFacts, "cluster"> {
  if (membership === undefined) return {};
  const { own, keeper } = membership;
  const trouble = keeper.standing === "held" ? keeper.trouble : `its lease is ${keeper.standing}`;
  return { cluster: { id: own.id, name: own.name, trouble, vms: local.vms(), disks: [...disks] } };
}

function ownVms(vms: LocalVms): { id: string; generation: number }[] {
  return vms
    .list()
    .filter(({ ownership }) => ownership === "owner")
    .map(({ definition, generation }) => ({ id: definition.id, generation }));
}

/** What this host has left for VMs that lost theirs. */
export async function ownRoom(parts: {
  readonly vms: LocalVms;
  readonly pools: Pools;
  readonly switches: Switches;
  readonly database: DatabaseSync;
  /** Pools that this host can't reach just now. */
  readonly away: ReadonlySet<string>;
}): Promise<HostRoom> {
  const { vms, pools, switches, database, away } = parts;
  return {
    memoryAvailableBytes: await freeMemory(vms),
    memoryTotalBytes: totalmem(),
    threads: availableParallelism(),
    runningVms: vms.list().filter(({ state }) => state === "running").length,
    drained: keptDrain(database).read() !== null,
    pools: pools
      .list()
      .map(({ name }) => name)
      .filter((name) => !away.has(name)),
    switches: switches.list().map(({ name }) => name),
  };
}

export function wireCluster(wiring: ClusterWiring): Cluster {
  const { config, database, log, now, trust, peers, vms, pools, events, faults, room } = wiring;
  const { isMoving, mayStart } = wiring;
  const others = new HttpClusterPeers(trust, peers);
  const isSelf = (host: string): boolean => host === trust.membership?.host.id;
  const cluster: Cluster = new Cluster({
    ...{ database, log, now, trust, vms, pools, faults, isMoving, mayStart },
    host: config.name,
    peers: {
      seek: () => others.seek(),
      consent: (host, leaseMs) => others.consent(host, leaseMs),
      ownerOf: async (host, question) =>
        isSelf(host) ? await cluster.ownerOf(question) : await others.ownerOf(host, question),
      ownVms: async (host) => (isSelf(host) ? ownVms(vms) : await others.ownVms(host)),
      lookAtDisk: (host, device) => others.lookAtDisk(host, device),
      restored: (host, place) => others.restored(host, place),
      room: (host) => (isSelf(host) ? room() : others.room(host)),
      startMember: async (host, plan) => {
        if (isSelf(host)) await cluster.startMember(plan);
        else await others.startMember(host, plan);
      },
    },
    etcdBinary: config.cluster.etcdBinary,
    advertise: config.api.advertise ?? config.name,
    clientPort: config.cluster.etcdClientPort,
    peerPort: config.cluster.etcdPeerPort,
    watchdog: config.cluster.watchdog,
    fenceOptions: config.cluster.fenceOptions ?? [],
    paths: config.paths,
    publish: (type, subject, data) => events.publish(type, subject, data),
  });
  return cluster;
}
