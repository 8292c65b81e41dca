import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

test("every route of the client's table is a route of the API", async () => {
  const table = await readFile(new URL("./routes-table.ts", import.meta.url), "utf8");
  const routes = [...table.matchAll(/^ {2}"([A-Z]+) (\/[^"]+)": \{/gm)];
  const text = await readFile(new URL("../../openapi.json", import.meta.url), "utf8");
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, unknown>> };
  const unknown = routes.filter(([, method = "", path = ""]) => {
    return paths[path]?.[method.toLowerCase()] === undefined;
  });
  assert.ok(routes.length > 30);
  assert.deepEqual(
    unknown.map(([route]) => route),
    [],
  );
});
