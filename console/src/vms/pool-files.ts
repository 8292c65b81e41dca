/** Files of all the pools of a host, as choices. */
import { useQueries, useQuery } from "@tanstack/react-query";
import type { PoolFile } from "../../../src/vm/definition.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";

/** Pools that are away have none. */
export function usePoolFiles(host: string): readonly PoolFile[] {
  const pools = useQuery({
    queryKey: keys.pools(host),
    queryFn: () => call("GET /v1/pools", { host }),
  });
  const names = pools.data?.pools.map(({ name }) => name) ?? [];
  return useQueries({
    queries: names.map((pool) => ({
      queryKey: keys.poolFiles(host, pool),
      queryFn: () => call("GET /v1/pools/{pool}/files", { params: { pool }, host }),
      staleTime: 0,
      retry: false,
    })),
    combine: (results) =>
      results.flatMap(({ data }, index) => {
        const pool = names[index];
        return pool === undefined ? [] : (data?.files ?? []).map(({ file }) => ({ pool, file }));
      }),
  });
}
