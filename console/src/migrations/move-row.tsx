/** One move in a line: which VM goes where, how far it is, and the way to its page. */
import { makeStyles, ProgressBar, Text, tokens } from "@fluentui/react-components";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { AppLink } from "../parts/app-link.tsx";
import { duration, percent, rate } from "../preferences/format.ts";
import { CancelMove } from "./cancel-move.tsx";

const useStyles = makeStyles({
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 2fr) minmax(0, 3fr) minmax(0, 2fr) auto",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXS,
    "@media (max-width: 640px)": { gridTemplateColumns: "1fr auto" },
  },
  wide: { "@media (max-width: 640px)": { gridColumn: "1 / -1" } },
  quiet: { color: tokens.colorNeutralForeground2 },
});

export function MoveRow({ move }: { readonly move: MigrationRecord }) {
  const styles = useStyles();
  const { progress } = move;
  const share = (progress?.percent ?? 0) / 100;
  const label = `${move.vm.name}: ${percent(progress?.percent ?? 0)}`;
  return (
    <div className={styles.row}>
      <div>
        <AppLink to="/migrations/$id" params={{ id: move.id }}>
          {move.vm.name}
        </AppLink>
        <Text block size={200} className={styles.quiet}>
          {move.source} to {move.target}
        </Text>
      </div>
      <div className={styles.wide}>
        <ProgressBar aria-label={label} value={share} thickness="large" />
      </div>
      <Text size={200} className={styles.quiet}>
        {moveWords(move)}
      </Text>
      <CancelMove move={move} />
    </div>
  );
}

export function moveWords({ state, stage, waitingFor, progress }: MigrationRecord): string {
  if (state === "queued") return waitingFor ?? "Waits for its turn";
  if (progress === null) return stage ?? "Begins";
  const words = [percent(progress.percent)];
  if (progress.rateBytesPerSecond > 0) words.push(rate(progress.rateBytesPerSecond));
  if (progress.remainingMs !== null) words.push(`${duration(progress.remainingMs)} left`);
  return words.join(", ");
}
