import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { recoveryPage } from "./recovery-page.ts";

const page = new URL("../../docs/recovery.md", import.meta.url);

test("docs/recovery.md is what the table says", () => {
  assert.equal(
    readFileSync(page, "utf8"),
    recoveryPage(),
    "run node src/migration/write-recovery.ts",
  );
});

test("every runbook that the page names is there", () => {
  const named = [...recoveryPage().matchAll(/\((runbooks\/[a-z-]+\.md)\)/g)].map(
    ([, path]) => path ?? "",
  );
  assert.ok(named.length > 0);
  for (const path of named) assert.ok(existsSync(new URL(path, page)), path);
});
