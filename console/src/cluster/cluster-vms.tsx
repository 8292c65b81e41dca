/** The VMs that the cluster keeps running, each with where it is and what holds for it. */
import { Badge } from "@fluentui/react-components";
import type { ClusterStatus, ClusterVm } from "../../../src/api/schema/cluster.ts";
import { byName } from "../live/merge-records.ts";
import { AppLink } from "../parts/app-link.tsx";
import { DataTable } from "../parts/data-table.tsx";
import type { TableColumn } from "../parts/table-order.ts";
import { Empty } from "../parts/empty.tsx";
import { Panel } from "../parts/panel.tsx";
import { time } from "../preferences/format.ts";
import { placeWords, priorityNames } from "./policy-words.ts";

const columns: readonly TableColumn<ClusterVm>[] = [
  {
    title: "VM",
    width: "2fr",
    order: ({ name }) => name,
    cell: ({ name }) => (
      <AppLink to="/vms/$vm" params={{ vm: name }}>
        {name}
      </AppLink>
    ),
  },
  {
    title: "State",
    width: "2fr",
    order: ({ trouble, wanted }) => trouble ?? wanted,
    cell: ({ trouble, wanted }) => (
      <Badge
        appearance="tint"
        shape="rounded"
        color={trouble !== null ? "danger" : wanted === "running" ? "success" : "subtle"}
        {...(trouble !== null && { title: trouble })}
      >
        {trouble ?? (wanted === "running" ? "Kept running" : "Shall be off")}
      </Badge>
    ),
  },
  {
    title: "Host",
    width: "1fr",
    order: ({ host }) => host ?? "",
    cell: ({ host }) => host ?? "nowhere",
  },
  {
    title: "Priority",
    width: "90px",
    minor: true,
    order: ({ policy }) => Object.keys(priorityNames).indexOf(policy.priority),
    cell: ({ policy }) => priorityNames[policy.priority],
  },
  { title: "Where", width: "3fr", minor: true, cell: ({ policy }) => placeWords(policy) },
  {
    title: "There since",
    width: "180px",
    minor: true,
    order: ({ since }) => since,
    cell: ({ since }) => time(since),
  },
];

export function ClusterVms({ cluster }: { readonly cluster: ClusterStatus }) {
  return (
    <Panel title="Highly available VMs">
      {cluster.vms.length === 0 ? (
        <Empty text="None yet: a VM's page has the button that makes it highly available." />
      ) : (
        <DataTable
          label="Highly available VMs"
          columns={columns}
          rows={cluster.vms.toSorted(byName)}
          rowKey={({ id }) => id}
        />
      )}
    </Panel>
  );
}
