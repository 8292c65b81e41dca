/**
 * The times of a cluster, all derived from one: how long a host's lease is. docs/cluster.md explains them to people. Pure.
 *
 * Whoever holds a lease counts from the moment it *sent* the beat that etcd acknowledged; whoever watches counts from the moment it *saw* the
 * beat, which is later. So the holder's time ends first, by as much as it takes to stop the guests.
 */

export interface ClusterTimes {
  /** Without a beat for so long a host is dead to the others, who then start its VMs. */
  readonly leaseMs: number;
  /** Between two beats. */
  readonly beatMs: number;
  /** For one try to reach one member of etcd. */
  readonly attemptMs: number;
  /** Without an acknowledged beat for so long a host begins to stop its guests. */
  readonly fenceMs: number;
  /** From the order to kill until no instruction of a guest is executed any more. */
  readonly killMs: number;
  /** Without an acknowledged beat for so long a host asks the others whether they miss etcd as well. */
  readonly askMs: number;
}

export const leaseMsDefault = 15_000;
/** Below it an election in etcd, a second or two, would already cost guests; above it nobody would call it failover. */
export const leaseMsLeast = 8_000;
export const leaseMsMost = 300_000;

/** How much two hosts' clocks may differ in speed; quartz is a thousand times better. */
const driftShare = 0.01;

export function clusterTimes(leaseMs: number = leaseMsDefault): ClusterTimes {
  const killMs = Math.round(leaseMs / 5);
  return {
    leaseMs,
    killMs,
    fenceMs: Math.floor(leaseMs * (1 - 2 * driftShare)) - killMs,
    beatMs: Math.round(leaseMs / 8),
    attemptMs: Math.round(leaseMs / 8),
    askMs: Math.round(leaseMs / 3),
  };
}
