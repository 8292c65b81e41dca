/** The domain's VMs as every page reads them. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Vm, VmList } from "../../../src/api/schema/vm.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { vmNews, withVmNews } from "../live/news.ts";
import { byName, ownedVms } from "../live/merge-records.ts";

export const vmListQuery = {
  queryKey: keys.vms,
  queryFn: async ({ signal }: { signal: AbortSignal }): Promise<VmList> => {
    const { mark } = vmNews;
    const list = await call("GET /v1/vms", { query: { scope: "domain" }, signal });
    // By name from the start: what events change afterwards is put in order in a moment.
    const vms = [...withVmNews(list.vms, vmNews.since(mark))].sort(byName);
    return { ...list, vms };
  },
};

export function useVmList() {
  return useQuery(vmListQuery);
}

const none: readonly Vm[] = [];
/** Every part of a page asks for the rows, and ordering thousands of them takes longer than drawing what is in sight. */
const rowsOf = new WeakMap<VmList, readonly Vm[]>();

/** One row a VM, by name; empty until they are read. */
export function useVms(): readonly Vm[] {
  const { data } = useVmList();
  if (data === undefined) return none;
  const rows = rowsOf.get(data) ?? ownedVms(data.vms);
  rowsOf.set(data, rows);
  return rows;
}

/** By name or id; undefined while there is none of it. */
export function useVm(nameOrId: string): Vm | undefined {
  const vms = useVms();
  return useMemo(
    () => vms.find(({ id, name }) => name === nameOrId || id === nameOrId),
    [vms, nameOrId],
  );
}

export function cpusOf({ definition: { cpu } }: Vm): number {
  return cpu.sockets * cpu.cores * cpu.threads;
}

export function memoryBytesOf({ definition }: Vm): number {
  return definition.memory.mib * 2 ** 20;
}
