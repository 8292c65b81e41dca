/** Where a VM has been: its moves, each with its blackout. */
import { Spinner } from "@fluentui/react-components";
import type { Vm } from "../../../src/api/schema/vm.ts";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { useVmMigrations } from "../migrations/migration-data.ts";
import { DataTable } from "../parts/data-table.tsx";
import type { TableColumn } from "../parts/table-order.ts";
import { Empty } from "../parts/empty.tsx";
import { MoveState } from "../parts/move-state.tsx";
import { Problem } from "../parts/problem.tsx";
import { RowLink } from "../parts/row-link.tsx";
import { bytes, duration, time } from "../preferences/format.ts";

const columns: readonly TableColumn<MigrationRecord>[] = [
  {
    title: "When",
    width: "2fr",
    order: ({ requestedAt }) => requestedAt,
    cell: ({ id, requestedAt }) => <RowLink to="migrations" name={id} text={time(requestedAt)} />,
  },
  { title: "From and to", width: "2fr", cell: ({ source, target }) => `${source} to ${target}` },
  { title: "Outcome", width: "130px", cell: ({ state }) => <MoveState state={state} /> },
  {
    title: "Blackout",
    width: "100px",
    alignEnd: true,
    order: ({ blackout }) => blackout?.totalMs ?? -1,
    cell: ({ blackout }) => (blackout === null ? "" : duration(blackout.totalMs)),
  },
  {
    title: "On the wire",
    width: "110px",
    alignEnd: true,
    minor: true,
    order: ({ wireBytes }) => wireBytes,
    cell: ({ wireBytes }) => bytes(wireBytes),
  },
];

export function VmMoves({ vm }: { readonly vm: Vm }) {
  const { data, error } = useVmMigrations(vm.id);
  if (error !== null) return <Problem error={error} />;
  if (data === undefined) return <Spinner label="Asking the hosts" />;
  if (data.migrations.length === 0) return <Empty text={`${vm.name} was not moved yet.`} />;
  return (
    <DataTable label="Moves" columns={columns} rows={data.migrations} rowKey={({ id }) => id} />
  );
}
