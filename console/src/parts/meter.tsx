/** How much of something is taken: a bar with its words. */
import { makeStyles, mergeClasses, ProgressBar, Text, tokens } from "@fluentui/react-components";

const useStyles = makeStyles({
  meter: { display: "grid", gap: tokens.spacingVerticalXXS, minWidth: 0 },
  words: { display: "flex", justifyContent: "space-between", gap: tokens.spacingHorizontalS },
  quiet: { color: tokens.colorNeutralForeground2 },
  nowrap: { whiteSpace: "nowrap" },
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
}

export function Meter({ label, used, total, text, mayExceed = false }: MeterProps) {
  const styles = useStyles();
  const share = total === 0 ? 0 : Math.min(1, used / total);
  return (
    <div className={styles.meter}>
      <div className={styles.words}>
        <Text size={200} className={styles.quiet}>
          {label}
        </Text>
        <Text size={200} className={mergeClasses(styles.quiet, styles.nowrap)}>
          {text}
        </Text>
      </div>
      <ProgressBar
        aria-label={`${label}: ${text}`}
        value={share}
        thickness="large"
        color={share > fullShare && !mayExceed ? "warning" : "brand"}
      />
    </div>
  );
}
