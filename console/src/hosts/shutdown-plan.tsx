/** What would become of a host's VMs if it were shut down. */
import { Text } from "@fluentui/react-components";
import type { HostShutdownPlan } from "../../../src/api/schema/host-shutdown.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import type { TableColumn } from "../parts/table-order.ts";
import { duration } from "../preferences/format.ts";
import { plannedVm } from "./plan-steps.tsx";

type Planned = HostShutdownPlan["ends"][number];

const columns: readonly TableColumn<Planned>[] = [
  plannedVm,
  { title: "What becomes of it", width: "3fr", cell: planned },
  { title: "Because", width: "3fr", minor: true, cell: ({ reason }) => reason ?? "" },
];

function planned({ does, target, clustered }: Planned): string {
  if (does === "move") return target === null ? "Its move goes on" : `Moves to ${target}`;
  const ends = does === "shut-down" ? "Is shut down" : "Loses its power";
  return clustered ? `${ends}, and starts on another host when one can have it` : ends;
}

export function ShutdownPlan({
  plan: { ends, withinMs, expectedMs },
}: {
  readonly plan: HostShutdownPlan;
}) {
  if (ends.length === 0) return <Empty text="No VM runs there." />;
  return (
    <>
      <Text weight="semibold">
        All of it within {duration(withinMs)}
        {expectedMs === null
          ? ""
          : `; moves take about ${duration(expectedMs)} as they went before`}
      </Text>
      <DataTable
        label="Plan of the shutdown"
        columns={columns}
        rows={ends}
        rowKey={({ vm }) => vm.id}
      />
    </>
  );
}
