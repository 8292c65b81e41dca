/** Proposed moves as text. Pure. */
import type { BalanceAnswer, ProposedMove } from "../../api/schema/cluster.ts";
import { formatBytes } from "../../base/format.ts";
import type { Style } from "../style.ts";
import { type Column, renderTable } from "../table.ts";

type Host = BalanceAnswer["hosts"][number];

const hostColumns: readonly Column<Host>[] = [
  { title: "host", text: ({ name }) => name },
  { title: "vms", text: ({ runningVms }) => String(runningVms), align: "right" },
  {
    title: "free",
    text: ({ memoryAvailableBytes }) => formatBytes(memoryAvailableBytes),
    align: "right",
  },
  {
    title: "memory",
    text: ({ memoryTotalBytes }) => formatBytes(memoryTotalBytes),
    align: "right",
  },
];

const moveColumns: readonly Column<ProposedMove>[] = [
  { title: "move", text: ({ vm }) => vm.name },
  { title: "from", text: ({ from }) => from },
  { title: "to", text: ({ to }) => to ?? "" },
  { title: "because", text: ({ reason }) => reason },
];

export function renderBalance({ hosts, moves }: BalanceAnswer, style: Style): string {
  const table = renderTable(hostColumns, hosts, style);
  const proposed =
    moves.length === 0 ? "The hosts are even enough" : renderTable(moveColumns, moves, style);
  return `${table}\n\n${proposed}`;
}
