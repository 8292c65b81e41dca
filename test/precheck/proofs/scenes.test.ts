import assert from "node:assert/strict";
import { test } from "node:test";
import { checks } from "../../../src/precheck/checks.ts";
import { scenes } from "./scenes.ts";

test("every check has a scene in which it fails on real parts and passes once that is mended", () => {
  const shown = scenes.flatMap(({ reads, refused = {} }) => [
    ...Object.keys(reads),
    ...Object.keys(refused),
  ]);
  assert.deepEqual(shown.toSorted(), checks.map(({ id }) => id).toSorted());
});
