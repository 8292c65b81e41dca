import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { checkFamilies, checks } from "./checks.ts";
import { checksPage } from "./checks-page.ts";

test("docs/checks.md is what the list says: node src/precheck/write-docs.ts", async () => {
  const page = await readFile(new URL("../../docs/checks.md", import.meta.url), "utf8");
  assert.equal(page, checksPage(checkFamilies));
});

test("every check has an id of its own and says what it compares and what mends it", () => {
  assert.equal(new Set(checks.map(({ id }) => id)).size, checks.length);
  for (const { id, title, compares, remedy } of checks) {
    assert.match(id, /^[a-z]+(-[a-z]+)*$/);
    for (const text of [title, compares, remedy]) assert.match(text, /^[A-Z].*[^.]$/s, id);
  }
});
