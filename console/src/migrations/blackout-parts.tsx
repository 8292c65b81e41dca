/** How long the guest stood still, and of what that was made. */
import { makeStyles, Text, tokens } from "@fluentui/react-components";
import type { BlackoutRecord } from "../../../src/migration/blackout-record.ts";
import { Panel } from "../parts/panel.tsx";
import { duration } from "../preferences/format.ts";

const parts = [
  { key: "disksMs", label: "Disks made equal", color: "#8764b8" },
  { key: "sendMs", label: "Last pages and devices sent", color: "#0f6cbd" },
  { key: "loadMs", label: "Loaded on the target", color: "#038387" },
  { key: "handoverMs", label: "Ownership handed over", color: "#c19c00" },
  { key: "resumeMs", label: "Guest resumed", color: "#107c10" },
] as const;

const useStyles = makeStyles({
  bar: {
    display: "flex",
    height: "20px",
    borderRadius: tokens.borderRadiusMedium,
    overflow: "hidden",
    gap: "2px",
  },
  part: { minWidth: "2px" },
  list: {
    display: "grid",
    gridTemplateColumns: "max-content max-content 1fr",
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalXS,
    alignItems: "center",
  },
  mark: { width: "12px", height: "12px", borderRadius: "3px" },
  end: { textAlign: "end" },
});

export function BlackoutParts({ blackout }: { readonly blackout: BlackoutRecord }) {
  const styles = useStyles();
  const shown = parts.filter(({ key }) => blackout[key] > 0);
  return (
    <Panel title={`Blackout: ${duration(blackout.totalMs)}`}>
      <div className={styles.bar} aria-hidden>
        {shown.map(({ key, color }) => (
          <div
            key={key}
            className={styles.part}
            style={{ flexGrow: blackout[key], flexBasis: 0, backgroundColor: color }}
          />
        ))}
      </div>
      <div className={styles.list}>
        {shown.map(({ key, label, color }) => (
          <BlackoutPart key={key} color={color} label={label} ms={blackout[key]} />
        ))}
      </div>
      {blackout.qemuDowntimeMs === null ? null : (
        <Text size={200}>QEMU itself counts {duration(blackout.qemuDowntimeMs)}</Text>
      )}
    </Panel>
  );
}

function BlackoutPart(given: {
  readonly color: string;
  readonly label: string;
  readonly ms: number;
}) {
  const styles = useStyles();
  return (
    <>
      <span className={styles.mark} style={{ backgroundColor: given.color }} />
      <Text className={styles.end}>{duration(given.ms)}</Text>
      <Text>{given.label}</Text>
    </>
  );
}
