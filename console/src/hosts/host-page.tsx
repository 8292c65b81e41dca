/** A host's page: what it is, what holds for its moves, its pools and switches, emptying it and shutting it down. */
import { Badge, Button } from "@fluentui/react-components";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { DomainHost } from "../../../src/api/schema/host.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { PageTabs } from "../parts/page-tabs.tsx";
import { Problem } from "../parts/problem.tsx";
import { useMay } from "../session/session.tsx";
import { Page } from "../shell/page.tsx";
import { useVms } from "../vms/vm-data.ts";
import { hostVmColumns } from "../vms/vm-columns.tsx";
import { DrainPanel } from "./drain-panel.tsx";
import { useHostList, useHosts } from "./host-data.ts";
import { HostPlaces } from "./host-places.tsx";
import { HostSettingsForm } from "./host-settings-form.tsx";
import { HostSummary } from "./host-summary.tsx";
import { ShutdownPanel } from "./shutdown-panel.tsx";

const route = getRouteApi("/hosts/$host");

const tabs = ["summary", "vms", "settings", "places", "drain", "shutdown"] as const;
const titles = {
  summary: "Summary",
  vms: "VMs",
  settings: "Settings of moves",
  places: "Storage and switches",
  drain: "Drain",
  shutdown: "Shut down",
} as const;

export function HostPage() {
  const { host: name } = route.useParams();
  const { isPending, error } = useHostList();
  const host = useHosts().find((one) => one.name === name);
  if (host !== undefined) return <KnownHost host={host} />;
  return (
    <Page title={name}>
      {error === null ? null : <Problem error={error} />}
      {isPending ? null : <Empty text={`This domain has no host ${name}.`} />}
    </Page>
  );
}

function KnownHost({ host }: { readonly host: DomainHost }) {
  const { tab } = route.useSearch();
  const navigate = useNavigate({ from: "/hosts/$host" });
  const mayDrain = useMay("operator");
  const shown = tabs.find((one) => one === tab) ?? "summary";
  return (
    <Page
      title={host.name}
      badge={
        <Badge appearance="tint" shape="rounded" color={host.reachable ? "success" : "danger"}>
          {host.reachable ? "Answers" : "Does not answer"}
        </Badge>
      }
      actions={
        shown === "drain" || !mayDrain ? undefined : (
          <Button onClick={() => void navigate({ search: { tab: "drain" } })}>Drain</Button>
        )
      }
    >
      <PageTabs
        label={`Parts of ${host.name}`}
        tabs={tabs}
        titles={titles}
        shown={shown}
        onShow={(search) => void navigate({ search, replace: true })}
      />
      {shown === "summary" ? <HostSummary host={host} /> : null}
      {shown === "vms" ? <HostVms host={host.name} /> : null}
      {shown === "settings" ? <HostSettingsForm host={host.name} /> : null}
      {shown === "places" ? <HostPlaces host={host.name} /> : null}
      {shown === "drain" ? <DrainPanel host={host.name} /> : null}
      {shown === "shutdown" ? <ShutdownPanel host={host.name} /> : null}
    </Page>
  );
}

function HostVms({ host }: { readonly host: string }) {
  const vms = useVms().filter((vm) => vm.host === host);
  if (vms.length === 0) return <Empty text={`${host} has no VM.`} />;
  return (
    <DataTable
      label={`VMs of ${host}`}
      columns={hostVmColumns}
      rows={vms}
      rowKey={({ id }) => id}
    />
  );
}
