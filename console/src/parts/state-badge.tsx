/** A state as a colour and a word: Fluent's tinted badge, in one element of three classes. Tables show it in every row. */
import { makeResetStyles, makeStyles, shorthands, tokens } from "@fluentui/react-components";

export type StateColor = "brand" | "danger" | "informative" | "subtle" | "success" | "warning";

const useBadgeClass = makeResetStyles({
  display: "inline-block",
  boxSizing: "border-box",
  height: "20px",
  padding: "0 5px",
  border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
  borderRadius: tokens.borderRadiusMedium,
  fontSize: tokens.fontSizeBase200,
  fontWeight: tokens.fontWeightSemibold,
  lineHeight: "18px",
  verticalAlign: "middle",
  whiteSpace: "nowrap",
});

const useColors = makeStyles({
  brand: {
    backgroundColor: tokens.colorBrandBackground2,
    color: tokens.colorBrandForeground2,
    ...shorthands.borderColor(tokens.colorBrandStroke2),
  },
  danger: {
    backgroundColor: tokens.colorPaletteRedBackground1,
    color: tokens.colorPaletteRedForeground1,
    ...shorthands.borderColor(tokens.colorPaletteRedBorder1),
  },
  informative: {
    backgroundColor: tokens.colorNeutralBackground4,
    color: tokens.colorNeutralForeground3,
  },
  subtle: {
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground3,
  },
  success: {
    backgroundColor: tokens.colorPaletteGreenBackground1,
    color: tokens.colorPaletteGreenForeground1,
    ...shorthands.borderColor(tokens.colorPaletteGreenBorder1),
  },
  warning: {
    backgroundColor: tokens.colorPaletteYellowBackground1,
    color: tokens.colorPaletteYellowForeground1,
    ...shorthands.borderColor(tokens.colorPaletteYellowBorder1),
  },
});

export function StateBadge(given: { readonly color: StateColor; readonly text: string }) {
  const badge = useBadgeClass();
  const colors = useColors();
  return <span className={`${badge} ${colors[given.color]}`}>{given.text}</span>;
}
