/** The domain's hosts as a table. */
import { Badge } from "@fluentui/react-components";
import { useMemo } from "react";
import type { DomainHost, Host } from "../../../src/api/schema/host.ts";
import { AppLink } from "../parts/app-link.tsx";
import { DataTable } from "../parts/data-table.tsx";
import type { TableColumn } from "../parts/table-order.ts";
import { Problem } from "../parts/problem.tsx";
import { bytes, duration, tenths } from "../preferences/format.ts";
import { Page } from "../shell/page.tsx";
import { useVms } from "../vms/vm-data.ts";
import { useHostDetails, useHostList, useHosts } from "./host-data.ts";

interface HostRow extends DomainHost {
  readonly details: Host | undefined;
  readonly running: number;
  readonly vms: number;
}

const columns: readonly TableColumn<HostRow>[] = [
  {
    title: "Name",
    width: "2fr",
    order: ({ name }) => name,
    cell: ({ name }) => (
      <AppLink to="/hosts/$host" params={{ host: name }}>
        {name}
      </AppLink>
    ),
  },
  {
    title: "State",
    width: "150px",
    narrow: "120px",
    order: ({ reachable }) => (reachable ? 0 : 1),
    cell: ({ reachable, details }) => {
      const isClosed = reachable && Boolean(details?.drainedSince);
      return (
        <Badge
          appearance="tint"
          shape="rounded"
          color={isClosed ? "warning" : reachable ? "success" : "danger"}
        >
          {isClosed ? "Closed for VMs" : reachable ? "Answers" : "Does not answer"}
        </Badge>
      );
    },
  },
  {
    title: "VMs",
    width: "120px",
    narrow: "88px",
    order: ({ vms }) => vms,
    cell: ({ running, vms }) => `${running} of ${vms} run`,
  },
  {
    title: "Memory free",
    width: "170px",
    minor: true,
    order: ({ details }) => details?.memory.availableBytes ?? -1,
    cell: ({ details }) =>
      details === undefined
        ? ""
        : `${bytes(details.memory.availableBytes)} of ${bytes(details.memory.totalBytes)}`,
  },
  {
    title: "Load",
    width: "70px",
    alignEnd: true,
    minor: true,
    order: ({ details }) => details?.load ?? -1,
    cell: ({ details }) => (details?.load === undefined ? "" : tenths(details.load)),
  },
  {
    title: "CPU",
    width: "2fr",
    minor: true,
    cell: ({ details }) =>
      details === undefined ? "" : `${details.cpu.threads} × ${details.cpu.model}`,
  },
  { title: "Address", width: "1fr", minor: true, cell: ({ address }) => address },
  {
    title: "Round trip",
    width: "100px",
    minor: true,
    alignEnd: true,
    cell: ({ roundTripMs, self }) =>
      self ? "this host" : roundTripMs === null ? "" : duration(roundTripMs),
  },
];

export function HostsPage() {
  const { error } = useHostList();
  const hosts = useHosts();
  const details = useHostDetails(hosts);
  const vms = useVms();
  const rows = useMemo(
    () =>
      hosts.map((host): HostRow => {
        const own = vms.filter((vm) => vm.host === host.name);
        const running = own.filter(({ state }) => state === "running").length;
        return { ...host, details: details.get(host.name), running, vms: own.length };
      }),
    [hosts, details, vms],
  );
  return (
    <Page title="Hosts" fills>
      {error === null ? null : <Problem error={error} />}
      <DataTable label="Hosts" fills columns={columns} rows={rows} rowKey={({ id }) => id} />
    </Page>
  );
}
