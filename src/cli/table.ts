/** Columns of text, as wide as what is in them. Pure. */
import { printableLine } from "./printable.ts";
import { plain, type Style, type StyleName } from "./style.ts";

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Numbers read better from the right. */
  readonly align?: "left" | "right";
  readonly style?: (row: Row) => StyleName | undefined;
}

/** Lines joined by newlines, without trailing spaces; only the titles when there is no row. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  style: Style = plain,
): string {
  const cells = rows.map((row) => columns.map((column) => printableLine(column.text(row)) || "-"));
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const pad = (text: string, index: number): string =>
    columns[index]?.align === "right"
      ? text.padStart(widths[index] ?? 0)
      : text.padEnd(widths[index] ?? 0);
  const header = columns.map((column, index) => pad(column.title.toUpperCase(), index));
  const lines = rows.map((row, line) =>
    columns.map((column, index) => {
      const padded = pad(cells[line]?.[index] ?? "", index);
      const name = column.style?.(row);
      return name === undefined ? padded : style(name, padded);
    }),
  );
  return [
    style("bold", header.join("  ").trimEnd()),
    ...lines.map((line) => line.join("  ").trimEnd()),
  ].join("\n");
}

/** One thing in full: `name   value` lines. A value of several lines stays under its column. */
export function renderFields(fields: readonly (readonly [string, string])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields
    .map(([name, value]) => {
      const [first = "", ...rest] = value.split("\n").map(printableLine);
      const more = rest.map((line) => `\n${" ".repeat(width + 2)}${line}`).join("");
      return `${name.padEnd(width)}  ${first || "-"}${more}`;
    })
    .join("\n");
}
