import assert from "node:assert/strict";
import test from "node:test";
import { renderFields, renderTable } from "./table.ts";

test("renderTable makes each column as wide as its widest cell and leaves no trailing space", () => {
  const text = renderTable(
    [
      { title: "name", text: (row: { name: string; size: number }) => row.name },
      { title: "size", text: (row) => String(row.size), align: "right" },
      { title: "note", text: () => "" },
    ],
    [
      { name: "web01", size: 5 },
      { name: "a", size: 12_345 },
    ],
  );
  assert.equal(text, "NAME    SIZE  NOTE\nweb01      5  -\na      12345  -");
});

test("renderTable lets no control character of a cell reach the terminal", () => {
  const text = renderTable([{ title: "x", text: (row: string) => row }], ["a\u001b[2Jb\nc"]);
  assert.equal(text, "X\na\ufffd[2Jb c");
});

test("renderTable styles after padding, so that colours move nothing", () => {
  const columns = [{ title: "x", text: (row: string) => row, style: () => "red" as const }];
  const text = renderTable(columns, ["a", "bcd"], (name, cell) => `<${name}>${cell}</>`);
  assert.equal(text, "<bold>X</>\n<red>a  </>\n<red>bcd</>");
});

test("renderFields keeps the lines of a value under its column", () => {
  assert.equal(
    renderFields([
      ["a", "1"],
      ["long", "x\ny"],
    ]),
    "a     1\nlong  x\n      y",
  );
});
