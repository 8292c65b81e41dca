import assert from "node:assert/strict";
import { test } from "node:test";
import { remedyHere } from "./remedy-here.ts";

test("an option of the command line is called what the wizard calls it", () => {
  const said = remedyHere(
    "Let the host join (ferry cluster join), or let it leave: --leave-cluster",
  );
  assert.match(said, /or let it leave: \u201cLet it leave its cluster, .*\u201d \(step How\)$/);
});

test("what the wizard does not have stays as it is", () => {
  const remedy = "Run ferry host set host-a --max-moves 4 there";
  assert.equal(remedyHere(remedy), remedy);
});
