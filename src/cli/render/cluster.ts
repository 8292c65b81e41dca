/** A cluster as text. Pure. */
import type { ClusterHost, ClusterStatus, ClusterVm } from "../../api/schema/cluster.ts";
import { formatBytes, formatDuration, formatTime } from "../../base/format.ts";
import type { Style } from "../style.ts";
import { type Column, renderFields, renderTable } from "../table.ts";

type Member = ClusterStatus["etcd"]["members"][number];

const stateStyles = { alive: "green", silent: "yellow", dead: "red", unknown: "yellow" } as const;

const hostColumns: readonly Column<ClusterHost>[] = [
  { title: "host", text: ({ name, self }) => (self ? `${name} (this)` : name) },
  { title: "state", text: ({ state }) => state, style: ({ state }) => stateStyles[state] },
  { title: "role", text: ({ coordinator }) => (coordinator ? "coordinator" : "") },
  { title: "vms", text: ({ vms }) => String(vms), align: "right" },
  { title: "incarnation", text: ({ incarnation }) => String(incarnation ?? ""), align: "right" },
  { title: "since", text: ({ since }) => (since === null ? "" : formatTime(since)) },
  {
    title: "found dead",
    text: ({ death }) =>
      death === null ? "" : `${formatTime(death.at)} by ${death.by} (${death.how})`,
  },
  { title: "fence", text: ({ fence }) => fence?.agent ?? "" },
];

const memberColumns: readonly Column<Member>[] = [
  { title: "etcd", text: ({ name }) => name },
  { title: "endpoint", text: ({ endpoint }) => endpoint ?? "" },
  {
    title: "state",
    text: (member) => memberState(member),
    style: (member) => (memberState(member) === "works" ? "green" : "yellow"),
  },
  { title: "version", text: ({ version }) => version ?? "" },
  {
    title: "data",
    text: ({ dataBytes }) => (dataBytes === null ? "" : formatBytes(dataBytes)),
    align: "right",
  },
];

const vmColumns: readonly Column<ClusterVm>[] = [
  { title: "vm", text: ({ name }) => name },
  { title: "host", text: ({ host }) => host ?? "nowhere" },
  { title: "wanted", text: ({ wanted }) => wanted },
  { title: "priority", text: ({ policy }) => policy.priority },
  { title: "preferred", text: ({ policy }) => policy.preferredHosts.join(", ") },
  { title: "possible", text: ({ policy }) => policy.possibleHosts?.join(", ") ?? "all" },
  { title: "apart", text: ({ policy }) => policy.apart.join(", ") },
  { title: "generation", text: ({ generation }) => String(generation), align: "right" },
  { title: "there since", text: ({ since }) => formatTime(since) },
];

export function renderCluster(cluster: ClusterStatus, style: Style): string {
  const { name, managed, etcd, lease, times, hosts, vms, problems } = cluster;
  const parts = [
    renderFields([
      ["cluster", name],
      ["etcd", managed ? "set up and looked after by Ferry" : "somebody else's"],
      [
        "quorum",
        `${etcd.hasQuorum ? "yes" : style("red", "no")}: ${etcd.working} of ${etcd.voters} members work, it takes ${etcd.needed}`,
      ],
      ["lease of this host", leaseText(lease)],
      [
        "failover",
        `a silent host is dead after ${formatDuration(times.leaseMs)}; it stops its own VMs after ${formatDuration(times.fenceMs)}`,
      ],
    ]),
    renderTable(hostColumns, hosts, style),
    renderTable(memberColumns, etcd.members, style),
  ];
  if (vms.length > 0) parts.push(renderTable(vmColumns, vms, style));
  for (const { problem, remedy } of problems) {
    parts.push(`${style("yellow", problem)}\n  ${remedy}`);
  }
  return parts.join("\n\n");
}

function leaseText({ standing, silentMs }: ClusterStatus["lease"]): string {
  return silentMs === null ? standing : `${standing}, last renewed ${formatDuration(silentMs)} ago`;
}

function memberState({ answers, hasLeader, isLearner }: Member): string {
  if (!answers) return "silent";
  if (isLearner) return "catches up";
  return hasLeader ? "works" : "without quorum";
}

export function renderClusterSettings(settings: ClusterStatus["settings"]): string {
  return renderFields([
    ["lease", formatDuration(settings.leaseMs)],
    ["etcd members", String(settings.etcdMembers)],
    ["moves at once", settings.movesMax === null ? "no limit" : String(settings.movesMax)],
    ["failover", settings.failover ? "on" : "off"],
  ]);
}
