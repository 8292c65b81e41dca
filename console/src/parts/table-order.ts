/** By which column a table's rows are ordered, and what a click on its head makes of that. Pure. */
import type { ReactNode } from "react";

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
  /** What its cells hold always has room in them, but for a phone. */
  readonly fits?: boolean;
}

/** Absent: as the rows came. */
export type TableOrder = { readonly title: string; readonly down: boolean } | undefined;

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Up, down, and as it came. */
export function nextOrder(title: string, order: TableOrder): TableOrder {
  if (order?.title !== title) return { title, down: false };
  return order.down ? undefined : { title, down: true };
}

export function orderWord(title: string, order: TableOrder) {
  if (order?.title !== title) return "none" as const;
  return order.down ? ("descending" as const) : ("ascending" as const);
}

export function orderedRows<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  order: TableOrder,
): readonly Row[] {
  const orderOf = columns.find(({ title }) => title === order?.title)?.order;
  if (orderOf === undefined || order === undefined) return rows;
  const sign = order.down ? -1 : 1;
  return rows.toSorted((one, other) => {
    const [a, b] = [orderOf(one), orderOf(other)];
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * collator.compare(String(a), String(b));
  });
}
