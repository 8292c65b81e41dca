/**
 * A table of any length: only the rows in sight are in the page, so that 5,000 VMs scroll as ten do. Sorted by a click
 * on a column's head; where there is little room the less important columns go.
 */
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { ArrowDownRegular } from "@fluentui/react-icons/svg/arrow-down";
import { ArrowUpRegular } from "@fluentui/react-icons/svg/arrow-up";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, type ReactNode, useMemo, useRef, useState } from "react";

export interface TableColumn<Row> {
  readonly title: string;
  /** As CSS gives tracks of a grid, such as `2fr` or `120px`. */
  readonly width: string;
  readonly cell: (row: Row) => ReactNode;
  /** What rows are ordered by; absent: the column does not sort. */
  readonly order?: (row: Row) => string | number;
  /** The same on a phone; absent: no other. */
  readonly narrow?: string;
  /** Left out on a phone. */
  readonly minor?: boolean;
  readonly alignEnd?: boolean;
}

const rowHeight = 44;
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

const useStyles = makeStyles({
  table: {
    display: "flex",
    flexDirection: "column",
    minHeight: "81px",
    overflow: "hidden",
    backgroundColor: tokens.colorNeutralBackground1,
    borderRadius: tokens.borderRadiusLarge,
    boxShadow: tokens.shadow2,
  },
  filling: { flexShrink: 1 },
  scroll: { overflow: "auto", flexGrow: 1, minHeight: 0 },
  row: {
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
  },
  body: { position: "relative" },
  bodyRow: {
    position: "absolute",
    insetInline: 0,
    height: `${rowHeight}px`,
    // Dark enough, or light enough, for a link that lies on it.
    ":hover": { backgroundColor: tokens.colorNeutralBackground2Hover },
    ":hover a": { color: tokens.colorBrandForegroundLinkHover },
  },
  head: {
    position: "sticky",
    top: 0,
    zIndex: 1,
    backgroundColor: tokens.colorNeutralBackground1,
    fontWeight: tokens.fontWeightSemibold,
    minHeight: "36px",
  },
  cell: { minWidth: 0, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  end: { textAlign: "end", justifyContent: "end" },
  minor: { "@media (max-width: 640px)": { display: "none" } },
  sort: {
    border: "none",
    padding: 0,
    background: "none",
    color: "inherit",
    font: "inherit",
    cursor: "pointer",
    display: "inline-flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalXS,
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
});

interface DataTableProps<Row> {
  readonly label: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Takes no more than the height that is left on the page, and scrolls. */
  readonly fills?: boolean;
}

export function DataTable<Row>(properties: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, fills = false } = properties;
  const styles = useStyles();
  const scroll = useRef<HTMLDivElement>(null);
  const [sort, setSort] = useState<{ readonly title: string; readonly down: boolean }>();
  const sorted = useMemo(() => sortRows(rows, columns, sort), [rows, columns, sort]);
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 6,
  });
  const tracks = {
    "--columns": columns.map(({ width }) => trackOf(width)).join(" "),
    "--columns-narrow": columns
      .filter(({ minor }) => minor !== true)
      .map(({ width, narrow }) => trackOf(narrow ?? width))
      .join(" "),
  } as React.CSSProperties;
  const rowClass = mergeClasses(styles.row, styles.bodyRow);
  const cellClasses = useMemo(
    () =>
      columns.map(({ minor, alignEnd }) =>
        mergeClasses(styles.cell, minor === true && styles.minor, alignEnd === true && styles.end),
      ),
    [columns, styles],
  );
  return (
    <div
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      className={mergeClasses(styles.table, fills && styles.filling)}
      style={tracks}
    >
      <div
        ref={scroll}
        className={styles.scroll}
        // What scrolls can be scrolled by the keyboard, too.
        tabIndex={0}
        role="rowgroup"
      >
        <div role="row" aria-rowindex={1} className={mergeClasses(styles.row, styles.head)}>
          {columns.map((column, at) => (
            <div
              key={column.title}
              role="columnheader"
              aria-sort={sortOf(column.title, sort)}
              className={cellClasses[at]}
            >
              {column.order === undefined ? (
                column.title
              ) : (
                <button
                  type="button"
                  className={styles.sort}
                  onClick={() => setSort(nextSort(column.title, sort))}
                >
                  {column.title}
                  {sort?.title !== column.title ? null : sort.down ? (
                    <ArrowDownRegular />
                  ) : (
                    <ArrowUpRegular />
                  )}
                </button>
              )}
            </div>
          ))}
        </div>
        <div className={styles.body} role="presentation" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = sorted[index];
            if (row === undefined) return null;
            return (
              <TableRow
                key={rowKey(row)}
                {...{ row, index, start, columns, cellClasses }}
                className={rowClass}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface TableRowProps<Row> {
  readonly row: Row;
  readonly index: number;
  /** From the table's top, pixels. */
  readonly start: number;
  readonly columns: readonly TableColumn<Row>[];
  readonly cellClasses: readonly string[];
  readonly className: string;
}

/** While the table scrolls only rows that come into sight are rendered; the others are as they were. */
const TableRow = memo(function TableRow<Row>(properties: TableRowProps<Row>) {
  const { row, index, start, columns, cellClasses, className } = properties;
  return (
    <div role="row" aria-rowindex={index + 2} className={className} style={{ top: start }}>
      {columns.map((column, at) => (
        <div key={column.title} role="cell" className={cellClasses[at]}>
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
}) as <Row>(properties: TableRowProps<Row>) => ReactNode;

/** A track may become narrower than its content, which is then cut off. */
function trackOf(width: string): string {
  return width.endsWith("fr") ? `minmax(0, ${width})` : width;
}

function sortOf(title: string, sort: { title: string; down: boolean } | undefined) {
  if (sort?.title !== title) return "none" as const;
  return sort.down ? ("descending" as const) : ("ascending" as const);
}

/** Up, down, and as it came. */
function nextSort(title: string, sort: { title: string; down: boolean } | undefined) {
  if (sort?.title !== title) return { title, down: false };
  return sort.down ? undefined : { title, down: true };
}

function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  sort: { title: string; down: boolean } | undefined,
): readonly Row[] {
  const order = columns.find(({ title }) => title === sort?.title)?.order;
  if (order === undefined || sort === undefined) return rows;
  const sign = sort.down ? -1 : 1;
  return rows.toSorted((one, other) => {
    const [a, b] = [order(one), order(other)];
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * collator.compare(String(a), String(b));
  });
}
