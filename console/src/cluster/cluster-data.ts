/** The clusters of the domain as pages read them, each through one of its hosts. */
import { useQueries, useQuery } from "@tanstack/react-query";
import type { ClusterStatus } from "../../../src/api/schema/cluster.ts";
import type { DomainHost } from "../../../src/api/schema/host.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";

/** Leases and etcd's members change without an event. */
const readAgainMs = 5_000;
/** Whether a host has joined comes with an event; this is for what was missed. */
const placeReadAgainMs = 60_000;

function clusterQuery(host: string) {
  return {
    queryKey: keys.cluster(host),
    queryFn: ({ signal }: { signal: AbortSignal }) => call("GET /v1/cluster", { host, signal }),
    retry: false,
  };
}

/** Of that host; `cluster` is null where it is in none. */
export function useCluster(host: string) {
  return useQuery({ ...clusterQuery(host), refetchInterval: readAgainMs });
}

/** What is wrong with it, for pages that are about something else. */
export function useClusterProblems(host: string): ClusterStatus["problems"] {
  const { data } = useQuery({ ...clusterQuery(host), refetchInterval: placeReadAgainMs });
  return data?.cluster?.problems ?? none;
}

const none: ClusterStatus["problems"] = [];

/** The same, for pages that only want to know whether there is one. */
export function useClusterOnce(host: string): ClusterStatus | undefined {
  return useQuery(clusterQuery(host)).data?.cluster ?? undefined;
}

/** What clusters those hosts are in, by the host's name: null for none; without hosts that have not answered. */
export function useClusterPlaces(
  hosts: readonly DomainHost[],
): ReadonlyMap<string, ClusterStatus | null> {
  return useQueries({
    queries: hosts
      .filter(({ reachable }) => reachable)
      .map(({ name }) => ({ ...clusterQuery(name), refetchInterval: placeReadAgainMs })),
    combine: (results) =>
      new Map(
        results.flatMap(({ data }, index) => {
          const name = hosts.filter(({ reachable }) => reachable)[index]?.name;
          return data === undefined || name === undefined ? [] : [[name, data.cluster] as const];
        }),
      ),
  });
}
