/** How far a disk on its way to another pool is. */
import { makeStyles, ProgressBar, Text, tokens } from "@fluentui/react-components";
import { bytes, duration, rate } from "../preferences/format.ts";

const states = {
  waiting: "waits",
  copying: "is copied",
  mirrored: "is equal; writes go to both",
  moved: "is there",
} as const;

/** As records of moves tell it, those of VMs and those of disks alone. */
export interface DiskOnItsWay {
  readonly name: string;
  readonly pool: string;
  readonly targetPool: string;
  readonly state: keyof typeof states;
  readonly copiedBytes: number;
  readonly totalBytes: number;
  readonly rateBytesPerSecond: number;
  readonly remainingMs: number | null;
  readonly mirroredBytes?: number;
}

const useStyles = makeStyles({ disk: { display: "grid", gap: tokens.spacingVerticalXS } });

export function DiskProgress({ disk }: { readonly disk: DiskOnItsWay }) {
  const styles = useStyles();
  const { name, state, copiedBytes, totalBytes, remainingMs, mirroredBytes = 0 } = disk;
  const isThere = state === "moved" || totalBytes === 0;
  return (
    <div className={styles.disk}>
      <Text>
        <b>{name}</b> {states[state]}: {disk.pool} to {disk.targetPool}
      </Text>
      <ProgressBar
        aria-label={`Disk ${name}`}
        thickness="large"
        value={isThere ? 1 : copiedBytes / totalBytes}
      />
      <Text size={200}>
        {bytes(copiedBytes)} of {bytes(totalBytes)}
        {state === "copying" ? `, ${rate(disk.rateBytesPerSecond)}` : ""}
        {remainingMs === null || isThere ? "" : `, ${duration(remainingMs)} left`}
        {mirroredBytes > 0 ? `, ${bytes(mirroredBytes)} written since to both` : ""}
      </Text>
    </div>
  );
}
