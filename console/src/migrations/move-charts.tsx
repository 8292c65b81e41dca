/** A move's course in charts: from its progress while this page watches, from its rounds when it was not there. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { useCallback, useMemo } from "react";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { Chart, type ChartData, chartColors, type ChartLine } from "../charts/chart.tsx";
import { onProgress, progressOf } from "../live/history.ts";
import { Panel } from "../parts/panel.tsx";
import { bytes, rate } from "../preferences/format.ts";
import { coursePoints } from "./course.ts";

const useStyles = makeStyles({
  charts: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(300px, 100%), 1fr))",
    gap: tokens.spacingHorizontalXL,
  },
});

/** One and the same, so that a running move's charts are drawn on and not made anew with each of its events. */
const noRounds: MigrationRecord["rounds"] = [];

const remaining: readonly ChartLine[] = [
  { label: "Left to send", colors: chartColors.blue, fills: true },
];
const rates: readonly ChartLine[] = [
  { label: "Link", colors: chartColors.blue },
  { label: "Guest writes", colors: chartColors.orange },
];
const volumes: readonly ChartLine[] = [
  { label: "Guest memory sent", colors: chartColors.green },
  { label: "On the wire", colors: chartColors.purple },
];
const disk: readonly ChartLine[] = [
  { label: "Disks copied", colors: chartColors.green, fills: true },
];

export function MoveCharts({ move }: { readonly move: MigrationRecord }) {
  const styles = useStyles();
  const { id } = move;
  const isOver = move.endedAt !== null;
  // While it runs its points come beside the cache: the record is only looked at anew when it is over.
  const rounds = isOver ? move.rounds : noRounds;
  const subscribe = useCallback(
    (listener: () => void) => onProgress((changed) => (changed === id ? listener() : undefined)),
    [id],
  );
  const read = useMemo(() => {
    const points = () => coursePoints(progressOf(id), rounds);
    const series =
      (...values: ((point: ReturnType<typeof points>[number]) => number | null)[]) =>
      (): ChartData => {
        const all = points();
        return [all.map(({ at }) => at / 1000), ...values.map((value) => all.map(value))];
      };
    return {
      remaining: series(({ remainingBytes }) => remainingBytes),
      rates: series(
        ({ linkBytesPerSecond }) => linkBytesPerSecond,
        ({ dirtyBytesPerSecond }) => dirtyBytesPerSecond,
      ),
      volumes: series(
        ({ guestBytes }) => guestBytes,
        ({ wireBytes }) => wireBytes,
      ),
      disk: series(({ copiedDiskBytes }) => copiedDiskBytes),
    };
  }, [id, rounds]);
  return (
    <Panel title="Course">
      <div className={styles.charts}>
        <Chart
          title="Memory left to send"
          {...{ lines: remaining, format: bytes, read: read.remaining, subscribe }}
        />
        <Chart
          title="Link against guest writes"
          {...{ lines: rates, format: rate, read: read.rates, subscribe }}
        />
        <Chart
          title="Guest memory against bytes on the wire"
          {...{ lines: volumes, format: bytes, read: read.volumes, subscribe }}
        />
        {move.disks.length === 0 ? null : (
          <Chart
            title="Disks copied"
            {...{ lines: disk, format: bytes, read: read.disk, subscribe }}
          />
        )}
      </div>
    </Panel>
  );
}
