import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cellName,
  chooseCells,
  links,
  quickCells,
  subjects,
  subjectsOn,
  workloads,
} from "./cells.ts";

test("without a wish every cell is measured, and each has someone to compare with", () => {
  const cells = chooseCells([]);
  assert.equal(cells.length, workloads.length * links.length);
  for (const cell of cells) assert.ok(cell.subjects.length > 0, cellName(cell));
});

test("a wish names a cell, a workload or a link", () => {
  assert.deepEqual(chooseCells(["redis@1gbit"]).map(cellName), ["redis@1gbit"]);
  assert.equal(chooseCells(["redis@"]).length, links.length);
  assert.equal(chooseCells(["@1gbit"]).length, workloads.length);
  assert.deepEqual(chooseCells(quickCells).map(cellName).toSorted(), quickCells.toSorted());
});

test("a wish that no cell meets is refused with what there is", () => {
  assert.throws(() => chooseCells(["radis@1gbit"]), /"radis@1gbit".*redis/);
});

test("several networks are compared with the best of them alone", () => {
  for (const link of links) {
    const names = subjectsOn(link).map(({ name }) => name);
    assert.equal(names.includes("ferry multichannel"), link.networks.length > 1);
    assert.ok(names.includes("ferry tcp"));
  }
  assert.equal(new Set(subjects.map(({ name }) => name)).size, subjects.length);
});
