/** One finding of a check: what was found, where, and what to do about it. */
import { makeStyles, Text, tokens } from "@fluentui/react-components";
import { CheckmarkCircleFilled } from "@fluentui/react-icons/svg/checkmark-circle";
import { ErrorCircleFilled } from "@fluentui/react-icons/svg/error-circle";
import { WarningFilled } from "@fluentui/react-icons/svg/warning";
import type { Finding } from "../../../src/api/schema/check.ts";
import { remedyHere } from "./remedy-here.ts";

const useStyles = makeStyles({
  row: {
    display: "grid",
    gridTemplateColumns: "24px minmax(0, 1fr)",
    columnGap: tokens.spacingHorizontalS,
    paddingBlock: tokens.spacingVerticalXS,
    overflowWrap: "anywhere",
  },
  quiet: { color: tokens.colorNeutralForeground2 },
  passed: { color: tokens.colorStatusSuccessForeground1 },
  warning: { color: tokens.colorStatusWarningForeground3 },
  blocking: { color: tokens.colorStatusDangerForeground1 },
});

const icons = {
  passed: { Icon: CheckmarkCircleFilled, word: "Passed" },
  warning: { Icon: WarningFilled, word: "Warning" },
  blocking: { Icon: ErrorCircleFilled, word: "In the way" },
} as const;

export function FindingRow({ finding }: { readonly finding: Finding }) {
  const styles = useStyles();
  const { Icon, word } = icons[finding.severity];
  return (
    <div className={styles.row} data-check={finding.check} data-severity={finding.severity}>
      <Icon className={styles[finding.severity]} fontSize={20} aria-label={word} role="img" />
      <div>
        <Text block>{finding.message}</Text>
        {finding.remedy === null ? null : (
          <Text block className={styles.quiet}>
            {remedyHere(finding.remedy)}
          </Text>
        )}
        <Text size={200} className={styles.quiet}>
          {finding.check}, seen by {finding.host}
        </Text>
      </div>
    </div>
  );
}
