/** Plans and outcomes of draining a host as text. Pure. */
import type { DrainEndAnswer, DrainPlanAnswer, DrainStatus } from "../../api/schema/drain.ts";
import { formatBytes, formatCount, formatDuration } from "../../base/format.ts";
import type { Style } from "../style.ts";
import { type Column, renderTable } from "../table.ts";

type Planned = DrainPlanAnswer["moves"][number];
type Staying = DrainPlanAnswer["stays"][number];
type Moving = DrainStatus["moves"][number];

const plannedColumns: readonly Column<Planned>[] = [
  { title: "vm", text: ({ vm }) => vm.name },
  { title: "to", text: ({ target }) => target },
  { title: "memory", text: ({ memoryBytes }) => formatBytes(memoryBytes), align: "right" },
  {
    title: "disks",
    text: ({ diskBytes }) => (diskBytes === 0 ? "" : formatBytes(diskBytes)),
    align: "right",
  },
  {
    title: "warnings",
    text: ({ warnings }) => (warnings === 0 ? "" : String(warnings)),
    align: "right",
  },
];

const stayingColumns: readonly Column<Staying>[] = [
  { title: "stays", text: ({ vm }) => vm.name },
  { title: "because", text: ({ reason }) => reason },
];

const movingColumns: readonly Column<Moving>[] = [
  { title: "vm", text: ({ vm }) => vm.name },
  { title: "to", text: ({ target }) => target },
  {
    title: "state",
    text: ({ state }) => state,
    style: ({ state }) =>
      state === "completed"
        ? "green"
        : state === "failed" || state === "unresolved"
          ? "red"
          : undefined,
  },
  {
    title: "blackout",
    text: ({ blackoutMs }) => (blackoutMs === null ? "" : formatDuration(blackoutMs)),
    align: "right",
  },
  { title: "note", text: ({ waitingFor, error }) => error ?? waitingFor ?? "" },
];

export function renderPlan({ moves, stays, expectedMs }: DrainPlanAnswer, style?: Style): string {
  const time =
    expectedMs === null ? "" : `, about ${formatDuration(expectedMs)} as moves went before`;
  const bytes = moves.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  const sentence =
    moves.length === 0
      ? "No VM can leave"
      : `${formatCount(moves.length, "VM")} would leave, ${formatBytes(bytes)} of memory${time}`;
  return parts(
    sentence,
    moves.length > 0 && renderTable(plannedColumns, moves, style),
    stays.length > 0 && renderTable(stayingColumns, stays, style),
  );
}

export function renderDrain(host: string, status: DrainStatus, style?: Style): string {
  if (!status.drained) return `${host} is not drained: it takes and starts VMs`;
  const { moves, stays, over } = status;
  const left = moves.filter(({ state }) => state === "completed").length;
  const progress = `${left} of ${formatCount(moves.length, "VM")} left`;
  return parts(
    `${host} is drained: ${progress}${over ? "" : ", moves go on"}`,
    moves.length > 0 && renderTable(movingColumns, moves, style),
    over && stays.length > 0 && renderTable(stayingColumns, stays, style),
  );
}

export function renderReturns(host: string, { returns }: DrainEndAnswer): string {
  const lines = returns.map(({ vm, from, reason }) =>
    reason === null
      ? `${vm.name} comes back from ${from}`
      : `${vm.name} stays on ${from}: ${reason}`,
  );
  return [`${host} takes and starts VMs again`, ...lines].join("\n");
}

function parts(...given: (string | false)[]): string {
  return given.filter((part) => part !== false).join("\n\n");
}
