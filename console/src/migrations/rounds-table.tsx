/** The rounds over memory, and the disks that move along. */
import {
  makeStyles,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
} from "@fluentui/react-components";
import type { DiskRecord, RoundRecord } from "../../../src/migration/record.ts";
import { DiskProgress } from "../parts/disk-progress.tsx";
import { Panel } from "../parts/panel.tsx";
import { bytes, duration, rate } from "../preferences/format.ts";

const useStyles = makeStyles({
  scroll: { overflowX: "auto", maxHeight: "320px", overflowY: "auto" },
  table: { minWidth: "560px" },
});

const titles = ["Round", "Took", "Sent", "Left", "Guest writes", "Link"] as const;

export function RoundsTable({ rounds }: { readonly rounds: readonly RoundRecord[] }) {
  const styles = useStyles();
  return (
    <Panel title="Rounds over memory">
      <div className={styles.scroll} tabIndex={0} role="group" aria-label="Rounds over memory">
        <Table size="small" className={styles.table}>
          <TableHeader>
            <TableRow>
              {titles.map((title) => (
                <TableHeaderCell key={title}>{title}</TableHeaderCell>
              ))}
            </TableRow>
          </TableHeader>
          <TableBody>
            {rounds.map((round) => (
              <TableRow key={round.number}>
                <TableCell>{round.number}</TableCell>
                <TableCell>{duration(round.durationMs)}</TableCell>
                <TableCell>{bytes(round.bytesSent)}</TableCell>
                <TableCell>{bytes(round.remainingBytes)}</TableCell>
                <TableCell>{rate(round.dirtyBytesPerSecond)}</TableCell>
                <TableCell>{rate(round.linkBytesPerSecond)}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </div>
    </Panel>
  );
}

export function MovedDisks({ disks }: { readonly disks: readonly DiskRecord[] }) {
  return (
    <Panel title="Disks that move along">
      {disks.map((disk) => (
        <DiskProgress key={disk.name} disk={disk} />
      ))}
    </Panel>
  );
}
