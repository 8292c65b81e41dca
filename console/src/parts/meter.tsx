/** How much of something is taken: a bar with its words. */
import { makeStyles, mergeClasses, ProgressBar, Text, tokens } from "@fluentui/react-components";

const useStyles = makeStyles({
  meter: { display: "grid", gap: tokens.spacingVerticalXXS, minWidth: 0 },
  words: { display: "flex", justifyContent: "space-between", gap: tokens.spacingHorizontalS },
  quiet: { color: tokens.colorNeutralForeground2 },
  nowrap: { whiteSpace: "nowrap" },
  row: {
    display: "grid",
    gridTemplateColumns: "64px minmax(32px, 1fr) minmax(132px, max-content)",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalM,
  },
});

/** Above it the bar warns. */
const fullShare = 0.9;

interface MeterProps {
  readonly label: string;
  readonly used: number;
  readonly total: number;
  readonly text: string;
  /** More than there is may be promised: a full bar is no warning. */
  readonly mayExceed?: boolean;
  /** Bar and words beside each other, for several of them under one another. */
  readonly isRow?: boolean;
}

export function Meter(given: MeterProps) {
  const { label, used, total, text, mayExceed = false, isRow = false } = given;
  const styles = useStyles();
  const share = total === 0 ? 0 : Math.min(1, used / total);
  const name = (
    <Text size={200} className={styles.quiet}>
      {label}
    </Text>
  );
  const words = (
    <Text size={200} className={mergeClasses(styles.quiet, styles.nowrap)}>
      {text}
    </Text>
  );
  const bar = (
    <ProgressBar
      aria-label={`${label}: ${text}`}
      value={share}
      thickness="large"
      color={share > fullShare && !mayExceed ? "warning" : "brand"}
    />
  );
  return isRow ? (
    <div className={styles.row}>
      {name}
      {bar}
      {words}
    </div>
  ) : (
    <div className={styles.meter}>
      <div className={styles.words}>
        {name}
        {words}
      </div>
      {bar}
    </div>
  );
}
