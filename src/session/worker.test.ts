import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

/** Every module that a module loads, itself included; imports of types are none. */
function loads(module: URL, found = new Map<string, string[]>()): Map<string, string[]> {
  const imports = readFileSync(module, "utf8").matchAll(
    /^(?:import|export) (?!type )[^;]*?from "([^"]+)";/gms,
  );
  const names = [...imports].map(([, name = ""]) => name);
  found.set(module.href, names);
  for (const name of names.filter((each) => each.startsWith("."))) {
    const next = new URL(name, module);
    if (!found.has(next.href)) loads(next, found);
  }
  return found;
}

test("a session's worker loads nothing but its own code and Node's: it starts for every move", () => {
  const foreign = [...loads(new URL("worker.ts", import.meta.url))].flatMap(([module, names]) =>
    names.filter((name) => !/^(?:\.|node:)/.test(name)).map((name) => `${module}: ${name}`),
  );
  assert.deepEqual(foreign, []);
});
