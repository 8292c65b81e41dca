/** A row of a table. Thousands come into sight when somebody scrolls: each is as few elements, and as few classes, as it can be. */
import { makeResetStyles, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { memo, type ReactNode, useMemo } from "react";
import type { TableColumn } from "./table-order.ts";

/** Pixels. */
export const rowHeight = 44;

export const useRowClass = makeResetStyles({
  display: "grid",
  alignItems: "center",
  columnGap: tokens.spacingHorizontalL,
  paddingInline: tokens.spacingHorizontalL,
  minHeight: `${rowHeight}px`,
  boxSizing: "border-box",
  borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  gridTemplateColumns: "var(--columns)",
  "@media (max-width: 640px)": {
    gridTemplateColumns: "var(--columns-narrow)",
    columnGap: tokens.spacingHorizontalS,
    paddingInline: tokens.spacingHorizontalM,
  },
});

const useBodyRowClass = makeResetStyles({
  position: "absolute",
  insetInline: 0,
  height: `${rowHeight}px`,
  // N.B. no `contain`: laying out rows of one height is cheap, and keeping each apart made a frame a quarter dearer.
  // Dark enough, or light enough, for a link that lies on it.
  ":hover": { backgroundColor: tokens.colorNeutralBackground2Hover },
  ":hover a": { color: tokens.colorBrandForegroundLinkHover },
});

const cell = { minWidth: 0, whiteSpace: "nowrap", textOverflow: "ellipsis" } as const;
// N.B. not `hidden`: that makes something that scrolls of each cell, for which a browser keeps books.
const clip = "clip";

/** What does not fit is cut off. */
const useCutClass = makeResetStyles({ ...cell, overflow: clip });
/** Only a phone has less room than it takes. What is clipped a browser draws by itself, cell by cell. */
const useWholeClass = makeResetStyles({
  ...cell,
  "@media (max-width: 640px)": { overflow: clip },
});

const useStyles = makeStyles({
  end: { textAlign: "end", justifyContent: "end" },
  minor: { "@media (max-width: 640px)": { display: "none" } },
});

/** A class for each column's cells. */
export function useCellClasses(columns: readonly TableColumn<never>[]): readonly string[] {
  const [cut, whole, styles] = [useCutClass(), useWholeClass(), useStyles()];
  return useMemo(
    () =>
      columns.map(({ fits, minor, alignEnd }) =>
        mergeClasses(
          fits === true ? whole : cut,
          minor === true && styles.minor,
          alignEnd === true && styles.end,
        ),
      ),
    [columns, cut, whole, styles],
  );
}

interface TableRowProps<Row> {
  readonly row: Row;
  readonly index: number;
  readonly columns: readonly TableColumn<Row>[];
  readonly cellClasses: readonly string[];
  readonly rowClass: string;
}

/** While the table scrolls only rows that come into sight are rendered; the others are as they were. */
export const TableRow = memo(function TableRow<Row>(properties: TableRowProps<Row>) {
  const { row, index, columns, cellClasses, rowClass } = properties;
  const bodyRowClass = useBodyRowClass();
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={`${rowClass} ${bodyRowClass}`}
      style={{ top: index * rowHeight }}
    >
      {columns.map(({ title, cell }, at) => (
        <div key={title} role="cell" className={cellClasses[at]}>
          {cell(row)}
        </div>
      ))}
    </div>
  );
}) as <Row>(properties: TableRowProps<Row>) => ReactNode;
