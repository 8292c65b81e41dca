/** The stages of a move as a line: what is done and how long it took, where it is, and what comes. */
import { makeStyles, mergeClasses, Text, tokens, Tooltip } from "@fluentui/react-components";
import { CheckmarkFilled } from "@fluentui/react-icons/svg/checkmark";
import { DismissFilled } from "@fluentui/react-icons/svg/dismiss";
import { plan, type StageName } from "../../../src/migration/plan.ts";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { duration } from "../preferences/format.ts";

const useStyles = makeStyles({
  line: {
    display: "grid",
    gridAutoFlow: "column",
    gridAutoColumns: "1fr",
    listStyleType: "none",
    margin: 0,
    padding: 0,
    "@media (max-width: 640px)": { gridAutoFlow: "row", rowGap: tokens.spacingVerticalS },
  },
  stage: {
    position: "relative",
    display: "grid",
    alignContent: "start",
    justifyItems: "center",
    gap: tokens.spacingVerticalXS,
    textAlign: "center",
    paddingInline: tokens.spacingHorizontalXS,
    "::before": {
      content: '""',
      position: "absolute",
      top: "13px",
      // From dot to dot, and not through them.
      insetInlineStart: "calc(14px - 50%)",
      width: "calc(100% - 28px)",
      height: "2px",
      backgroundColor: tokens.colorNeutralStroke1,
    },
    ":first-child::before": { display: "none" },
    "@media (max-width: 640px)": {
      gridTemplateColumns: "28px 1fr auto",
      columnGap: tokens.spacingHorizontalM,
      justifyItems: "start",
      alignItems: "center",
      textAlign: "start",
      "::before": { display: "none" },
    },
  },
  reached: { "::before": { backgroundColor: tokens.colorBrandStroke1 } },
  dot: {
    position: "relative",
    display: "grid",
    placeItems: "center",
    width: "28px",
    height: "28px",
    boxSizing: "border-box",
    borderRadius: "50%",
    border: `2px solid ${tokens.colorNeutralStroke1}`,
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
  },
  done: {
    backgroundColor: tokens.colorBrandBackground,
    border: `2px solid ${tokens.colorBrandBackground}`,
    color: tokens.colorNeutralForegroundOnBrand,
  },
  present: {
    border: `2px solid ${tokens.colorBrandStroke1}`,
    color: tokens.colorBrandForeground1,
    boxShadow: `0 0 0 4px ${tokens.colorBrandBackground2}`,
    fontWeight: tokens.fontWeightBold,
  },
  failed: {
    backgroundColor: tokens.colorStatusDangerBackground3,
    border: `2px solid ${tokens.colorStatusDangerBackground3}`,
    color: tokens.colorNeutralForegroundOnBrand,
  },
  quiet: { color: tokens.colorNeutralForeground2 },
});

/** `memory-precopy` as people read it: `Memory precopy`. */
export function stageTitle(name: StageName): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll("-", " ");
}

/** Two stages are only for moves of their kind. */
function isDue(name: StageName, { disks, options }: MigrationRecord): boolean {
  if (name === "storage-mirror") return disks.length > 0;
  return name !== "memory-postcopy" || options.convergencePolicy === "post-copy";
}

export function StageLine({ move }: { readonly move: MigrationRecord }) {
  const styles = useStyles();
  const ran = new Map(move.stages.map((stage) => [stage.name, stage]));
  const shown = plan.filter(({ name }) => ran.has(name) || isDue(name, move));
  const failedAt = move.error?.stage;
  return (
    <ol className={styles.line} aria-label="Stages">
      {shown.map(({ name, title, guest, hyperVStage }, index) => {
        const stage = ran.get(name);
        const isDone = stage !== undefined && stage.endedAt !== null && failedAt !== name;
        const isPresent = stage !== undefined && stage.endedAt === null && move.endedAt === null;
        const isFailed = failedAt === name;
        return (
          <li
            key={name}
            className={mergeClasses(styles.stage, stage !== undefined && styles.reached)}
            aria-current={isPresent ? "step" : undefined}
          >
            <Tooltip
              relationship="description"
              content={`${title}. The guest ${guest === "paused" ? "is paused" : guest}.${hyperVStage === null ? "" : ` Hyper-V's stage ${hyperVStage}.`}`}
            >
              <span
                className={mergeClasses(
                  styles.dot,
                  isDone && styles.done,
                  isPresent && styles.present,
                  isFailed && styles.failed,
                )}
              >
                {isFailed ? <DismissFilled /> : isDone ? <CheckmarkFilled /> : index + 1}
              </span>
            </Tooltip>
            <Text size={200} weight={isPresent ? "semibold" : "regular"}>
              {stageTitle(name)}
            </Text>
            <Text size={200} className={styles.quiet}>
              {stage !== undefined && stage.endedAt !== null
                ? duration(stage.endedAt - stage.startedAt)
                : isPresent
                  ? "now"
                  : " "}
            </Text>
          </li>
        );
      })}
    </ol>
  );
}
