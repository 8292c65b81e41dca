/** How a cluster stands, as one of its hosts sees it: what `ferry cluster status` and the API say. */
import type { VmPolicy } from "../vm/vm-policy.ts";
import type { ClusterSettings, VmRecord } from "./records.ts";
import type { ClusterTimes } from "./times.ts";

export interface EtcdMemberStatus {
  /** Empty for one that never started. */
  readonly name: string;
  readonly endpoint: string | null;
  readonly answers: boolean;
  /** It belongs to a majority that works. */
  readonly hasLeader: boolean;
  /** It does not count for the quorum yet. */
  readonly isLearner: boolean;
  readonly version: string | null;
  readonly dataBytes: number | null;
}

export interface ClusterHostStatus {
  readonly id: string;
  readonly name: string;
  readonly state: "alive" | "silent" | "dead" | "unknown";
  readonly self: boolean;
  readonly coordinator: boolean;
  readonly incarnation: number | null;
  /** Since when it is in the cluster, and since when without a break; null when etcd does not say. Milliseconds since the epoch. */
  readonly joinedAt: number | null;
  readonly since: number | null;
  /** Of a dead one: when and by whom it was found so. */
  readonly death: { readonly at: number; readonly by: string; readonly how: string } | null;
  readonly vms: number;
  /** What switches it off when it is silent, and why that failed; null: nothing does. */
  readonly fence: { readonly agent: string; readonly trouble: string | null } | null;
}

export interface ClusterVmStatus {
  readonly id: string;
  readonly name: string;
  /** Name of the host that has it; null for none. */
  readonly host: string | null;
  readonly generation: number;
  readonly wanted: VmRecord["wanted"];
  readonly since: number;
  readonly policy: VmPolicy;
  readonly trouble: string | null;
}

export interface ClusterStatus {
  readonly id: string;
  readonly name: string;
  readonly managed: boolean;
  readonly settings: ClusterSettings;
  readonly times: ClusterTimes;
  readonly etcd: {
    readonly members: readonly EtcdMemberStatus[];
    /** Members that count, those that work of them, and how many it takes. */
    readonly voters: number;
    readonly working: number;
    readonly needed: number;
    readonly hasQuorum: boolean;
  };
  /** Of the host that was asked. */
  readonly lease: {
    readonly standing: "held" | "lapsed" | "dead";
    readonly silentMs: number | null;
    readonly trouble: string | null;
  };
  readonly hosts: readonly ClusterHostStatus[];
  readonly vms: readonly ClusterVmStatus[];
  /** What is wrong, each with what to do about it. */
  readonly problems: readonly { readonly problem: string; readonly remedy: string }[];
}
