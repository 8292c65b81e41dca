/** The hosts of a cluster, and those of the domain that are not in it: emptied, taken out, taken in. */
import { Badge, type BadgeProps, Button, Text } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { ClusterHost, ClusterStatus } from "../../../src/api/schema/cluster.ts";
import { call } from "../api/call.ts";
import { useHosts } from "../hosts/host-data.ts";
import { keys } from "../live/keys.ts";
import { byName } from "../live/merge-records.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { AppLink } from "../parts/app-link.tsx";
import { DataTable } from "../parts/data-table.tsx";
import type { TableColumn } from "../parts/table-order.ts";
import { Panel } from "../parts/panel.tsx";
import { Question } from "../parts/question.tsx";
import { time } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";
import { ConfirmDead } from "./confirm-dead.tsx";
import { Outsiders } from "./outsiders.tsx";

interface ClusterHostsProps {
  readonly cluster: ClusterStatus;
  readonly through: string;
}

const states: Readonly<
  Record<ClusterHost["state"], { color: NonNullable<BadgeProps["color"]>; text: string }>
> = {
  alive: { color: "success", text: "Alive" },
  silent: { color: "warning", text: "Silent" },
  dead: { color: "danger", text: "Dead" },
  unknown: { color: "subtle", text: "Unknown" },
};

const columns: readonly TableColumn<ClusterHost>[] = [
  {
    title: "Host",
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
    width: "90px",
    order: ({ state }) => state,
    cell: ({ state }) => (
      <Badge appearance="tint" shape="rounded" color={states[state].color}>
        {states[state].text}
      </Badge>
    ),
  },
  {
    title: "Role",
    width: "110px",
    minor: true,
    cell: ({ coordinator }) => (coordinator ? "Coordinator" : ""),
  },
  { title: "VMs", width: "60px", alignEnd: true, order: ({ vms }) => vms, cell: ({ vms }) => vms },
  {
    title: "Without a break since",
    width: "3fr",
    minor: true,
    order: ({ since }) => since ?? 0,
    cell: ({ since, death }) =>
      death !== null
        ? `Found dead ${time(death.at)} by ${death.by}`
        : since === null
          ? ""
          : time(since),
  },
  {
    title: "Incarnation",
    width: "90px",
    alignEnd: true,
    minor: true,
    cell: ({ incarnation }) => incarnation ?? "",
  },
];

export function ClusterHosts({ cluster, through }: ClusterHostsProps) {
  const mayAdministrate = useMay("administrator");
  const hosts = useHosts();
  const outside = hosts.filter(({ name }) => !cluster.hosts.some((host) => host.name === name));
  const actions: TableColumn<ClusterHost> = {
    title: "Actions",
    width: "220px",
    alignEnd: true,
    cell: (host) => <HostActions host={host} cluster={cluster} through={through} />,
  };
  return (
    <Panel title="Hosts">
      <DataTable
        label="Hosts of the cluster"
        columns={mayAdministrate ? [...columns, actions] : columns}
        rows={cluster.hosts.toSorted(byName)}
        rowKey={({ id }) => id}
      />
      <Outsiders hosts={outside} cluster={cluster.name} />
    </Panel>
  );
}

function HostActions(given: ClusterHostsProps & { readonly host: ClusterHost }) {
  const { host, cluster, through } = given;
  const navigate = useNavigate();
  const cache = useQueryClient();
  const announce = useAnnounce();
  const [isAsked, setAsked] = useState(false);
  const isDead = host.state === "dead";
  const takeOut = useMutation({
    mutationFn: async () => {
      if (isDead)
        await call("POST /v1/cluster/forget", { host: through, body: { host: host.name } });
      else await call("POST /v1/cluster/leave", { host: host.name });
    },
    onSuccess: () => announce.done(`${host.name} is no longer in cluster ${cluster.name}`),
    onError: announce.failed,
    onSettled: () => {
      setAsked(false);
      void cache.invalidateQueries({ queryKey: keys.clusters });
    },
  });
  return (
    <>
      {isDead ? null : (
        <Button
          size="small"
          onClick={() =>
            void navigate({
              to: "/hosts/$host",
              params: { host: host.name },
              search: { tab: "drain" },
            })
          }
        >
          Drain {host.name}
        </Button>
      )}{" "}
      {host.state === "silent" ? <ConfirmDead host={host.name} through={through} /> : null}{" "}
      <Button
        size="small"
        aria-label={`Take out ${host.name}`}
        disabled={takeOut.isPending}
        onClick={() => setAsked(true)}
      >
        Take out
      </Button>
      {isAsked ? (
        <Question
          title={`Take ${host.name} out of cluster ${cluster.name}?`}
          confirm="Take it out"
          isBusy={takeOut.isPending}
          onClose={() => setAsked(false)}
          onConfirm={() => takeOut.mutate()}
        >
          <Text>{consequence(host, cluster)}</Text>
        </Question>
      ) : null}
    </>
  );
}

function consequence({ name, state }: ClusterHost, { hosts }: ClusterStatus): string {
  if (hosts.length === 1) return "It is the last one: the cluster ends with it.";
  if (state === "dead") {
    return `Do this when ${name} is gone for good. Another host gets its member of etcd; to come back it has to join anew.`;
  }
  return `It keeps none of the cluster's VMs running any more; VMs of the cluster have to leave it first.`;
}
