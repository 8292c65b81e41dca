import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { accessTable } from "./auth.ts";
import { describeApi } from "./describe-api.ts";

const checkedIn = readFileSync(new URL("../../openapi.json", import.meta.url), "utf8");

test("openapi.json is what the routes say; write it anew with npm run openapi", async () => {
  assert.deepEqual(JSON.parse(checkedIn), JSON.parse(JSON.stringify(await describeApi())));
});

test("every route of the access table is in the document, and no other", () => {
  const { paths } = JSON.parse(checkedIn) as { paths: Record<string, Record<string, unknown>> };
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(documented.sort(), Object.keys(accessTable).sort());
});

test("every reference in the document leads to a component", () => {
  const { components } = JSON.parse(checkedIn) as { components: { schemas: object } };
  const names = [...checkedIn.matchAll(/"\$ref": "#\/components\/schemas\/(\w+)"/g)];
  assert.ok(names.length > 0);
  for (const [, name = ""] of names) assert.ok(Object.hasOwn(components.schemas, name), name);
});

test("every operation has a name of its own and says what it does", () => {
  const { paths } = JSON.parse(checkedIn) as {
    paths: Record<string, Record<string, { operationId?: string; summary?: string }>>;
  };
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  assert.ok(operations.every(({ operationId, summary }) => operationId && summary));
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
});
