/** What each host supports, as a table, with what all have in common below. Pure. */
import type { HostVersions } from "../host-versions.ts";
import type { Style } from "../style.ts";
import { type Column, renderTable } from "../table.ts";

const columns: readonly Column<HostVersions["hosts"][number]>[] = [
  { title: "host", text: ({ host }) => host },
  { title: "ferry", text: ({ ferry }) => ferry },
  { title: "protocol", text: ({ protocol }) => protocol.join(", ") },
  { title: "vm definition", text: ({ definition }) => definition.join(", ") },
  { title: "qemu", text: ({ qemu }) => qemu ?? "not installed" },
  { title: "newest machine", text: ({ machine }) => machine ?? "" },
];

export function renderHostVersions(versions: HostVersions, style?: Style): string {
  const { commonMachine, commonDefinition } = versions;
  return [
    renderTable(columns, versions.hosts, style),
    "",
    commonMachine === null
      ? "No machine type is on all of them"
      : `On all of them: machine ${commonMachine}, VM definition ${commonDefinition ?? "none"}`,
  ].join("\n");
}
