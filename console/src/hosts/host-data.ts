/** The domain's hosts as every page reads them. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { DomainHost, Host } from "../../../src/api/schema/host.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { byName } from "../live/merge-records.ts";

/** Memory and load change without an event. */
const readAgainMs = 5_000;

export const hostListQuery = {
  queryKey: keys.hosts,
  queryFn: ({ signal }: { signal: AbortSignal }) => call("GET /v1/hosts", { signal }),
};

export function useHostList() {
  return useQuery({ ...hostListQuery, refetchInterval: 6 * readAgainMs });
}

const none: readonly DomainHost[] = [];

/** Those that are members, by name. */
export function useHosts(): readonly DomainHost[] {
  const { data } = useHostList();
  return useMemo(
    () => data?.hosts.filter(({ expelled }) => !expelled).sort(byName) ?? none,
    [data],
  );
}

export function hostQuery(host: string) {
  return {
    queryKey: keys.host(host),
    queryFn: ({ signal }: { signal: AbortSignal }) => call("GET /v1/host", { host, signal }),
    refetchInterval: readAgainMs,
    retry: false,
  };
}

export function useHost(host: string) {
  return useQuery(hostQuery(host));
}

/** What each host is, by its name; without those that have not answered yet. */
export function useHostDetails(hosts: readonly DomainHost[]): ReadonlyMap<string, Host> {
  return useQueries({
    queries: hosts.filter(({ reachable }) => reachable).map(({ name }) => hostQuery(name)),
    combine: byHost,
  });
}

/** One function for all renderings: its result then stays the same until an answer changes. */
function byHost(results: readonly { readonly data: Host | undefined }[]): Map<string, Host> {
  return new Map(results.flatMap(({ data }) => (data === undefined ? [] : [[data.name, data]])));
}
