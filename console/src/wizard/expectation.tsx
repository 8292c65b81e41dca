/** What a move is expected to be like, and what that stands on. */
import { makeStyles, MessageBar, MessageBarBody, Text, tokens } from "@fluentui/react-components";
import type { CheckReport } from "../../../src/api/schema/check.ts";
import { remedyHere } from "./remedy-here.ts";
import { bytes, duration, rate } from "../preferences/format.ts";

const useStyles = makeStyles({
  figures: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalXXL },
  quiet: { color: tokens.colorNeutralForeground2 },
  figure: { display: "grid" },
});

type Prediction = NonNullable<CheckReport["prediction"]>;

/** In a line, where there is no room for more. */
export function expectedWords({ totalMs, blackoutMs }: Prediction): string {
  return `about ${duration(totalMs)}, of them ${duration(blackoutMs)} of blackout`;
}

export function Expectation({ report }: { readonly report: CheckReport }) {
  const styles = useStyles();
  const { prediction, predictionMissing } = report;
  if (!prediction) {
    if (!predictionMissing || !report.possible) return null;
    return <Text className={styles.quiet}>There is no prediction: {predictionMissing}</Text>;
  }
  const { totalMs, blackoutMs, wireBytes, advice } = prediction;
  return (
    <>
      <div className={styles.figures} role="group" aria-label="What is expected">
        <Figure label="Expected time" value={duration(totalMs)} />
        <Figure label="Expected blackout" value={duration(blackoutMs)} />
        <Figure label="On the wire" value={bytes(wireBytes)} />
      </div>
      <Text size={200} className={styles.quiet}>
        {basisOf(prediction)}
      </Text>
      {advice === null ? null : (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>{remedyHere(advice)}</MessageBarBody>
        </MessageBar>
      )}
    </>
  );
}

function Figure({ label, value }: { readonly label: string; readonly value: string }) {
  const styles = useStyles();
  return (
    <div className={styles.figure}>
      <Text size={200} className={styles.quiet}>
        {label}
      </Text>
      <Text size={500} weight="semibold">
        {value}
      </Text>
    </div>
  );
}

function basisOf({ usedBytes, dirtyBytesPerSecond, link, pastMoves }: Prediction): string {
  const writes =
    dirtyBytesPerSecond === null ? "" : ` and writes ${rate(dirtyBytesPerSecond)} of it`;
  const past =
    pastMoves === 0
      ? "no move of the past"
      : pastMoves === 1
        ? "one past move"
        : `${pastMoves} past moves`;
  return (
    `The guest uses ${bytes(usedBytes)}${writes}; the link carries ${rate(link.bytesPerSecond)} ` +
    `with a round trip of ${duration(link.roundTripMs)}; judged by ${past}`
  );
}
