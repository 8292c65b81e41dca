/** The rounds over memory, and the disks that move along. */
import {
  makeStyles,
  ProgressBar,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  Text,
  tokens,
} from "@fluentui/react-components";
import type { DiskRecord, RoundRecord } from "../../../src/migration/record.ts";
import { Panel } from "../parts/panel.tsx";
import { bytes, duration, rate } from "../preferences/format.ts";

const useStyles = makeStyles({
  scroll: { overflowX: "auto", maxHeight: "320px", overflowY: "auto" },
  table: { minWidth: "560px" },
  disk: { display: "grid", gap: tokens.spacingVerticalXS },
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

const states: Readonly<Record<DiskRecord["state"], string>> = {
  waiting: "waits",
  copying: "is copied",
  mirrored: "is equal; writes go to both",
};

export function MovedDisks({ disks }: { readonly disks: readonly DiskRecord[] }) {
  const styles = useStyles();
  return (
    <Panel title="Disks that move along">
      {disks.map((disk) => (
        <div key={disk.name} className={styles.disk}>
          <Text>
            <b>{disk.name}</b> {states[disk.state]}: {disk.pool} to {disk.targetPool}
          </Text>
          <ProgressBar
            aria-label={`Disk ${disk.name}`}
            thickness="large"
            value={disk.totalBytes === 0 ? 1 : disk.copiedBytes / disk.totalBytes}
          />
          <Text size={200}>
            {bytes(disk.copiedBytes)} of {bytes(disk.totalBytes)}
            {disk.state === "copying" ? `, ${rate(disk.rateBytesPerSecond)}` : ""}
            {disk.remainingMs === null ? "" : `, ${duration(disk.remainingMs)} left`}
            {disk.mirroredBytes > 0 ? `, ${bytes(disk.mirroredBytes)} written since to both` : ""}
          </Text>
        </div>
      ))}
    </Panel>
  );
}
