/** What a drain would do: where each VM goes, and which stay. */
import { Text } from "@fluentui/react-components";
import type { DrainPlanAnswer } from "../../../src/api/schema/drain.ts";
import { DataTable } from "../parts/data-table.tsx";
import type { TableColumn } from "../parts/table-order.ts";
import { bytes, duration } from "../preferences/format.ts";
import { plannedVm } from "./plan-steps.tsx";

type Move = DrainPlanAnswer["moves"][number];
type Stay = DrainPlanAnswer["stays"][number];

const columns: readonly TableColumn<Move | Stay>[] = [
  plannedVm,
  {
    title: "Where to",
    width: "3fr",
    cell: (row) => ("target" in row ? row.target : `Stays: ${row.reason}`),
  },
  {
    title: "Memory",
    width: "100px",
    alignEnd: true,
    minor: true,
    cell: (row) => ("target" in row ? bytes(row.memoryBytes) : ""),
  },
  {
    title: "Disks",
    width: "100px",
    alignEnd: true,
    minor: true,
    cell: (row) => ("target" in row && row.diskBytes > 0 ? bytes(row.diskBytes) : ""),
  },
  {
    title: "Warnings",
    width: "90px",
    alignEnd: true,
    cell: (row) => ("target" in row && row.warnings > 0 ? row.warnings : ""),
  },
];

export function DrainPlan({ plan }: { readonly plan: DrainPlanAnswer }) {
  const { moves, stays, expectedMs } = plan;
  return (
    <>
      <Text weight="semibold">
        {moves.length} {moves.length === 1 ? "VM leaves" : "VMs leave"}, {stays.length}{" "}
        {stays.length === 1 ? "stays" : "stay"}
        {expectedMs === null ? "" : `, in about ${duration(expectedMs)}`}
      </Text>
      {moves.length + stays.length === 0 ? null : (
        <DataTable
          label="Plan of the drain"
          columns={columns}
          rows={[...moves, ...stays]}
          rowKey={({ vm }) => vm.id}
        />
      )}
    </>
  );
}
