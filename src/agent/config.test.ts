import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Value from "typebox/value";
import { parse } from "yaml";
import { FerryError } from "../base/errors.ts";
import { ProgramFailure, runProgram } from "../base/run-program.ts";
import { AgentConfig, loadConfig } from "./config.ts";

const defaults = Value.Default(AgentConfig, {}) as AgentConfig;

function configFile(t: TestContext, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "ferry-config-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "ferryd.yaml");
  writeFileSync(path, text);
  return path;
}

function fromRoot(path: string): string {
  return new URL(`../../${path}`, import.meta.url).pathname;
}

/** Every setting as `paths.state` with its value. */
function leaves(node: unknown, prefix = ""): [string, unknown][] {
  if (typeof node !== "object" || node === null) return [[prefix, node]];
  return Object.entries(node).flatMap(([name, value]) =>
    leaves(value, prefix === "" ? name : `${prefix}.${name}`),
  );
}

test("a missing file means every default, unless a person named it", (t) => {
  const missing = join(configFile(t, ""), "..", "missing.yaml");
  assert.deepEqual(loadConfig(missing, true), defaults);
  assert.throws(() => loadConfig(missing), { code: "bad-input" });
  assert.equal(defaults.name, hostname());
});

test("what a file says holds, and defaults hold beside it", (t) => {
  const config = loadConfig(configFile(t, "api: { port: 7000 }"));
  assert.deepEqual(config.api, { ...defaults.api, port: 7000 });
  assert.deepEqual(config.paths, defaults.paths);
});

test("a wrong file is refused by the name of the setting", (t) => {
  const refusals: [string, RegExp][] = [
    ["api: { prot: 7000 }", /there is no setting api\.prot$/],
    ["api: { port: many }", /api\.port must be integer/],
    ["api: { advertise: 'a/b' }", /api\.advertise/],
    ["name: a/b", /name must match/],
    ["session: { portFirst: 7000, portLast: 6999 }", /portFirst 7000 lies behind/],
    ["log: { level: loud }", /log\.level/],
    ["api: [", /Cannot read/],
  ];
  for (const [text, message] of refusals) {
    assert.throws(() => loadConfig(configFile(t, text)), { code: "bad-input", message });
  }
});

test("deploy/ferryd.yaml is every default, as the schema has it", () => {
  const shipped = parse(
    readFileSync(fromRoot("deploy/ferryd.yaml"), "utf8"),
  ) as Partial<AgentConfig>;
  assert.deepEqual({ name: hostname(), ...shipped }, defaults);
});

test("docs/configuration.md has a row for every setting, with its default", () => {
  const page = readFileSync(fromRoot("docs/configuration.md"), "utf8");
  const rows = page.matchAll(/^\| `([\w.]+)` \| (.+?) \|/gm);
  const documented = [...rows].map(([, name, value]) => [name, value]);
  const expected = leaves(defaults).map(([name, value]) => [
    name,
    name === "name" ? "the machine's host name" : `\`${String(value)}\``,
  ]);
  assert.deepEqual(Object.fromEntries(documented), Object.fromEntries(expected));
});

test("systemd takes deploy/ferryd.service", async (t) => {
  const complaints = await complaintsAbout(fromRoot("deploy/ferryd.service"));
  if (complaints === undefined) {
    t.skip("systemd-analyze is not installed");
    return;
  }
  // It also looks for the programs, which are not installed here.
  assert.deepEqual(
    complaints.filter((line) => !line.includes("is not executable")),
    [],
  );
});

/** What systemd says about a unit: it exits with 1 when there is something. */
async function complaintsAbout(unit: string): Promise<string[] | undefined> {
  try {
    await runProgram("systemd-analyze", ["verify", unit]);
    return [];
  } catch (error) {
    if (error instanceof FerryError && error.code === "missing-program") return undefined;
    const { cause } = error as FerryError;
    assert.ok(cause instanceof ProgramFailure, String(error));
    return cause.stderr.split("\n").filter((line) => line.includes("ferryd.service"));
  }
}
