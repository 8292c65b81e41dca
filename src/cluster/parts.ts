/** What a cluster stands on; the agent wires it (src/agent/wire-cluster.ts). */
import type { Faults } from "../migration/faults.ts";
import type { OwnerRecord } from "../migration/recovery-facts.ts";
import type { DatabaseSync } from "node:sqlite";
import type { Log } from "../base/log.ts";
import type { EventType } from "../database/event-log.ts";
import type { Trust } from "../trust/trust.ts";
import type { Pools } from "../storage/pools.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { MemberPlan } from "./etcd-member.ts";

/** What one host tells another that wants to join, or asks where etcd is now. */
export interface ClusterPlace {
  readonly id: string;
  readonly name: string;
  readonly managed: boolean;
  readonly endpoints: readonly string[];
}

/** A host that may take VMs, as it says itself. */
export interface HostRoom {
  readonly memoryAvailableBytes: number;
  readonly memoryTotalBytes: number;
  /** Of its processors. */
  readonly threads: number;
  readonly runningVms: number;
  /** No VM starts there. */
  readonly drained: boolean;
  /** Names of its pools and switches. */
  readonly pools: readonly string[];
  readonly switches: readonly string[];
}

/** A VM that leaves a cluster: `generation` is its owner's before the move. */
export interface LeavingQuestion {
  readonly cluster: string;
  readonly vm: string;
  readonly generation: number;
}

/** What one host says of a disk; equal on two hosts that have the same. */
export interface DiskLook {
  readonly bytes: number;
  /** SHA-256 of its first MiB, in hexadecimal. */
  readonly digest: string;
}

/** The other hosts of the domain, as a cluster needs them. Hosts are named by their id. Each throws FerryError when a host does not answer. */
export interface ClusterPeers {
  /** The clusters that hosts of the domain are in. */
  seek(): Promise<readonly ClusterPlace[]>;
  room(host: string): Promise<HostRoom>;
  /** Whether the host misses etcd too and promises not to declare this one dead for a lease from now on. */
  consent(host: string, leaseMs: number): Promise<boolean>;
  /** Whom the cluster's record names in a move out of it; `silent`: the host can't read it. */
  ownerOf(host: string, question: LeavingQuestion): Promise<OwnerRecord>;
  /** The VMs that are the host's own by its registry. */
  ownVms(host: string): Promise<readonly { readonly id: string; readonly generation: number }[]>;
  /** A physical disk as the host has it. */
  lookAtDisk(host: string, device: string): Promise<DiskLook>;
  /** Lets the host start a member of etcd. May be repeated. */
  startMember(host: string, plan: MemberPlan): Promise<void>;
  /** Tells the host that the cluster's data were restored elsewhere. */
  restored(host: string, place: ClusterPlace): Promise<void>;
}

export interface ClusterParts {
  readonly database: DatabaseSync;
  readonly log: Log;
  /** Milliseconds since the epoch; for people to read, never for a lease. */
  readonly now: () => number;
  /** This host's name. */
  readonly host: string;
  readonly trust: Trust;
  readonly vms: LocalVms;
  readonly pools: Pools;
  readonly peers: ClusterPeers;
  readonly etcdBinary: string;
  /** Where this host is for others; a name is looked up, since etcd listens on addresses. */
  readonly advertise: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly watchdog: string | null;
  /** Of simulated hosts: keeps the lease in this process (keeper-link.ts). */
  readonly startKeeper?: (orders: string) => void;
  /** Options of fence agents that the records may name beside those that are known to be harmless. */
  readonly fenceOptions: readonly string[];
  /** Whether a migration of this host waits or runs. */
  readonly isMoving: (migration: string) => boolean;
  /** False while this host is shut down: it takes none of the cluster's VMs up again. */
  readonly mayStart: () => boolean;
  readonly paths: { readonly state: string; readonly run: string };
  readonly faults: Faults;
  readonly publish: (
    type: EventType & `cluster.${string}`,
    subject: string,
    data: Readonly<Record<string, unknown>>,
  ) => void;
}
