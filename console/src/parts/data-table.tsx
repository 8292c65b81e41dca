/**
 * A table of any length: only the rows in sight are in the page, so that 5,000 VMs scroll as ten do. Sorted by a click
 * on a column's head; where there is little room the less important columns go.
 */
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { ArrowDownRegular } from "@fluentui/react-icons/svg/arrow-down";
import { ArrowUpRegular } from "@fluentui/react-icons/svg/arrow-up";
import { memo, type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useRowWindow } from "./row-window.ts";
import { nextOrder, orderedRows, orderWord, type TableColumn } from "./table-order.ts";
import { rowHeight, TableRow, useCellClasses, useRowClass } from "./table-row.tsx";

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
  // On a page that scrolls itself: long ones still have only a part of their rows there.
  beside: { maxHeight: "90vh" },
  scroll: { overflow: "auto", flexGrow: 1, minHeight: 0 },
  body: { position: "relative" },
  head: {
    position: "sticky",
    top: 0,
    zIndex: 1,
    backgroundColor: tokens.colorNeutralBackground1,
    fontWeight: tokens.fontWeightSemibold,
    minHeight: "36px",
  },
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
  /** One array for all renderings, as everything here that is a function: rows in the page are then left as they are. */
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Which of the rows are shown; absent: all. They are ordered before, so that a search does not order them for every letter. */
  readonly shows?: ((row: Row) => boolean) | undefined;
  /** Takes no more than the height that is left on the page, and scrolls. */
  readonly fills?: boolean;
}

export const DataTable = memo(function DataTable<Row>(properties: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, shows, fills = false } = properties;
  const styles = useStyles();
  const scroll = useRef<HTMLDivElement>(null);
  const [order, setOrder] = useState<ReturnType<typeof nextOrder>>();
  const ordered = useMemo(() => orderedRows(rows, columns, order), [rows, columns, order]);
  const shown = useMemo(
    () => (shows === undefined ? ordered : ordered.filter(shows)),
    [ordered, shows],
  );
  const { first, end, toTop } = useRowWindow(scroll, shown.length, rowHeight);
  // Whoever asks for other rows reads them from the first.
  useLayoutEffect(toTop, [shows, order, toTop]);
  const tracks = useMemo(() => tracksOf(columns), [columns]);
  const rowClass = useRowClass();
  const cellClasses = useCellClasses(columns);
  const head = useMemo(
    () => (
      <div role="row" aria-rowindex={1} className={mergeClasses(rowClass, styles.head)}>
        {columns.map(({ title, order: orders }, at) => (
          <div
            key={title}
            role="columnheader"
            aria-sort={orderWord(title, order)}
            className={cellClasses[at]}
          >
            {orders === undefined ? (
              title
            ) : (
              <button
                type="button"
                className={styles.sort}
                onClick={() => setOrder(nextOrder(title, order))}
              >
                {title}
                {order?.title !== title ? null : order.down ? (
                  <ArrowDownRegular />
                ) : (
                  <ArrowUpRegular />
                )}
              </button>
            )}
          </div>
        ))}
      </div>
    ),
    [columns, order, rowClass, cellClasses, styles],
  );
  return (
    <div
      role="table"
      aria-label={label}
      aria-rowcount={shown.length + 1}
      className={mergeClasses(styles.table, fills ? styles.filling : styles.beside)}
      style={tracks}
    >
      <div
        ref={scroll}
        className={styles.scroll}
        // What scrolls can be scrolled by the keyboard, too.
        tabIndex={0}
        role="rowgroup"
      >
        {head}
        <div
          className={styles.body}
          role="presentation"
          style={{ height: shown.length * rowHeight }}
        >
          {shown.slice(first, end).map((row, at) => (
            <TableRow
              key={rowKey(row)}
              index={first + at}
              {...{ row, columns, cellClasses, rowClass }}
            />
          ))}
        </div>
      </div>
    </div>
  );
}) as <Row>(properties: DataTableProps<Row>) => ReactNode;

function tracksOf(columns: readonly TableColumn<never>[]): React.CSSProperties {
  const narrow = columns.filter(({ minor }) => minor !== true);
  return {
    "--columns": columns.map(({ width }) => trackOf(width)).join(" "),
    "--columns-narrow": narrow.map((column) => trackOf(column.narrow ?? column.width)).join(" "),
  } as React.CSSProperties;
}

/** A track may become narrower than its content, which is then cut off. */
function trackOf(width: string): string {
  return width.endsWith("fr") ? `minmax(0, ${width})` : width;
}
