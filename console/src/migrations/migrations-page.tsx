/** Moves: the queue with what each waits for, those that run, and those of the past. */
import { makeStyles, tokens } from "@fluentui/react-components";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { DataTable } from "../parts/data-table.tsx";
import type { TableColumn } from "../parts/table-order.ts";
import { Empty } from "../parts/empty.tsx";
import { MoveState, moveStateText } from "../parts/move-state.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { RowLink } from "../parts/row-link.tsx";
import { Unreached } from "../parts/unreached.tsx";
import { duration, time } from "../preferences/format.ts";
import { Page } from "../shell/page.tsx";
import { useMigrationList, useMigrations } from "./migration-data.ts";
import { MoveRow } from "./move-row.tsx";
import { PartialDisks } from "./partial-disks.tsx";
import { QueuedMove } from "./queued-move.tsx";

const useStyles = makeStyles({
  history: { display: "flex", flexDirection: "column", minHeight: "240px", flexGrow: 1 },
  list: { display: "grid", gap: tokens.spacingVerticalM },
});

const columns: readonly TableColumn<MigrationRecord>[] = [
  {
    title: "VM",
    width: "2fr",
    order: ({ vm }) => vm.name,
    cell: ({ id, vm }) => <RowLink to="migrations" name={id} text={vm.name} />,
  },
  {
    title: "From and to",
    width: "2fr",
    order: ({ source, target }) => `${source} ${target}`,
    cell: ({ source, target }) => `${source} to ${target}`,
  },
  {
    title: "Outcome",
    width: "120px",
    order: ({ state }) => moveStateText(state),
    cell: ({ state }) => <MoveState state={state} />,
  },
  {
    title: "Blackout",
    width: "90px",
    alignEnd: true,
    order: ({ blackout }) => blackout?.totalMs ?? -1,
    cell: ({ blackout }) => (blackout === null ? "" : duration(blackout.totalMs)),
  },
  {
    title: "Took",
    width: "90px",
    alignEnd: true,
    minor: true,
    order: (move) => tookMs(move) ?? -1,
    cell: (move) => {
      const took = tookMs(move);
      return took === undefined ? "" : duration(took);
    },
  },
  {
    title: "Ended",
    width: "200px",
    minor: true,
    order: ({ endedAt }) => endedAt ?? 0,
    cell: ({ endedAt }) => (endedAt === null ? "" : time(endedAt)),
  },
  { title: "Asked for by", width: "2fr", minor: true, cell: ({ requestedBy }) => requestedBy },
];

const idOf = ({ id }: MigrationRecord) => id;

export function MigrationsPage() {
  const styles = useStyles();
  const { data, error, isPending } = useMigrationList();
  const moves = useMigrations();
  const queued = moves.filter(({ state }) => state === "queued");
  const running = moves.filter(({ state, endedAt }) => state !== "queued" && endedAt === null);
  const past = moves.filter(({ endedAt }) => endedAt !== null);
  return (
    <Page title="Migrations" fills>
      {error === null ? null : <Problem error={error} />}
      <Unreached hosts={data?.unreachable} />
      {running.length === 0 ? null : (
        <Panel title="Under way">
          <div className={styles.list}>
            {running.map((move) => (
              <MoveRow key={move.id} move={move} />
            ))}
          </div>
        </Panel>
      )}
      {queued.length === 0 ? null : (
        <Panel title="Queue">
          <div className={styles.list}>
            {queued.toReversed().map((move) => (
              <QueuedMove key={move.id} move={move} />
            ))}
          </div>
        </Panel>
      )}
      <PartialDisks />
      <div className={styles.history}>
        {past.length === 0 && !isPending ? (
          <Empty text="Nothing was moved yet." />
        ) : (
          <DataTable label="Moves of the past" fills columns={columns} rows={past} rowKey={idOf} />
        )}
      </div>
    </Page>
  );
}

function tookMs({ startedAt, endedAt }: MigrationRecord): number | undefined {
  return startedAt === null || endedAt === null ? undefined : endedAt - startedAt;
}
