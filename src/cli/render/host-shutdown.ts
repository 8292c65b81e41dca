/** What becomes of a host's VMs when it is shut down, as text. Pure. */
import type { HostShutdownPlan, HostShutdownStatus } from "../../api/schema/host-shutdown.ts";
import { formatDuration } from "../../base/format.ts";
import type { Style } from "../style.ts";
import { type Column, renderTable } from "../table.ts";

type Planned = HostShutdownPlan["ends"][number];
type End = NonNullable<HostShutdownStatus["end"]>;

const plannedColumns: readonly Column<Planned>[] = [
  { title: "vm", text: ({ vm }) => vm.name },
  { title: "what", text: planned },
  { title: "because", text: ({ reason }) => reason ?? "" },
];

export function renderShutdownPlan(
  { ends, withinMs, expectedMs }: HostShutdownPlan,
  style?: Style,
): string {
  if (ends.length === 0) return "No VM runs there";
  const moving =
    expectedMs === null
      ? ""
      : `, moves take about ${formatDuration(expectedMs)} as they went before`;
  return `${renderTable(plannedColumns, ends, style)}\n\nAll of it within ${formatDuration(withinMs)}${moving}`;
}

function planned({ does, target, clustered }: Planned): string {
  if (does === "move") return target === null ? "its move goes on" : `moves to ${target}`;
  const ends = does === "shut-down" ? "is shut down" : "loses its power";
  return clustered ? `${ends}, and starts on another host when one can have it` : ends;
}

interface Outcome {
  readonly vm: string;
  readonly what: string;
  readonly note: string;
}

const outcomeColumns: readonly Column<Outcome>[] = [
  { title: "vm", text: ({ vm }) => vm },
  { title: "what", text: ({ what }) => what },
  { title: "note", text: ({ note }) => note },
];

export function renderShutdown(host: string, status: HostShutdownStatus, style?: Style): string {
  const { since, over, moves, ended, end } = status;
  if (since === null) return `${host} is not being shut down`;
  const outcomes = [
    ...moves.map(({ vm, target, state, error }): Outcome => {
      const what = state === "completed" ? `moved to ${target}` : `move to ${target}: ${state}`;
      return { vm: vm.name, what, note: error ?? "" };
    }),
    ...ended.map(({ vm, how, reason, clustered }): Outcome => {
      const next = clustered ? "starts on another host when one can have it" : "";
      return {
        vm: vm.name,
        what: words[how],
        note: [reason ?? "", next].filter(Boolean).join("; "),
      };
    }),
  ];
  const sentence = over
    ? `The VMs of ${host} are gone from there${endWords[end ?? "stay-on"]}`
    : `${host} is being shut down`;
  return outcomes.length === 0
    ? sentence
    : `${sentence}\n\n${renderTable(outcomeColumns, outcomes, style)}`;
}

const words: Readonly<Record<HostShutdownStatus["ended"][number]["how"], string>> = {
  "shut-down": "shut down",
  "powered-off": "powered off",
  failed: "could not be ended",
};

const endWords: Readonly<Record<End, string>> = {
  "power-off": ", and it powers off",
  reboot: ", and it reboots",
  "stay-on": "",
};
