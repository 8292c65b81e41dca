import assert from "node:assert/strict";
import test from "node:test";
import {
  bannedCalls,
  importDirections,
  importsOf,
  markdown,
  names,
  oneStageList,
  purity,
  size,
} from "./tidy-rules.ts";

const file = (path: string, text: string) => ({ path, text });
const imports = (path: string, specifier: string, kind = "import") =>
  importDirections(file(path, `${kind} { x } from "${specifier}";\n`)).length;

test("a lower layer may not import a higher one, the other way it may", () => {
  assert.equal(imports("src/qemu/qmp.ts", "../vm/local-vms.ts"), 1);
  assert.equal(imports("src/vm/local-vms.ts", "../qemu/qmp.ts"), 0);
  assert.equal(imports("src/trust/ca.ts", "../session/session.ts"), 0);
});

test("the vocabulary is free for every layer", () => {
  assert.equal(imports("src/protocol/messages.ts", "../migration/record.ts"), 0);
  assert.equal(imports("src/qemu/command-line.ts", "../vm/definition.ts"), 0);
});

test("the command line knows the agent only as types and through the API's client", () => {
  assert.equal(imports("src/cli/vm.ts", "../vm/local-vms.ts"), 1);
  assert.equal(imports("src/cli/vm.ts", "../vm/vm-host.ts", "import type"), 0);
  assert.equal(imports("src/cli/vm.ts", "../api/client.ts"), 0);
  assert.equal(imports("src/cli/vm.ts", "../api/server.ts"), 1);
});

test("the console takes types of the agent, and runs nothing of it but what is pure", () => {
  assert.equal(imports("console/src/vms/vm-page.tsx", "../../../src/vm/run.ts"), 1);
  assert.equal(imports("console/src/vms/vm-page.tsx", "../../../src/vm/run.ts", "import type"), 0);
  assert.equal(imports("console/src/vms/vm-page.tsx", "../../../src/migration/plan.ts"), 0);
  assert.equal(imports("console/src/vms/vm-page.tsx", "./vm-data.ts"), 0);
});

test("a folder without a layer is reported rather than allowed", () => {
  assert.match(
    importDirections(file("src/new/a.ts", 'import { x } from "../base/errors.ts";\n'))[0]
      ?.message ?? "",
    /no layer/,
  );
});

test("imports are found over several lines, with the types among them", () => {
  const text = 'import {\n  type A,\n  type B,\n} from "./a.ts";\nexport { c } from "./b.ts";\n';
  assert.deepEqual(importsOf(text), [
    { specifier: "./a.ts", typeOnly: true, line: 1 },
    { specifier: "./b.ts", typeOnly: false, line: 5 },
  ]);
});

test("a file marked Pure may not read clocks or files", () => {
  const body = 'import { readFileSync } from "node:fs";\nexport const now = () => Date.now();\n';
  assert.equal(purity(file("src/a/b.ts", `/** Decides. Pure: no world. */\n${body}`)).length, 2);
  assert.equal(purity(file("src/a/b.ts", `/** Acts. */\n${body}`)).length, 0);
});

test("files above 300 lines and names that say nothing are reported", () => {
  assert.equal(size(file("src/a.ts", "x\n".repeat(301))).length, 1);
  assert.equal(size(file("src/a.ts", "x\n".repeat(300))).length, 0);
  assert.equal(names(file("src/base/utils.ts", "")).length, 1);
  assert.equal(names(file("src/vm/index.ts", "")).length, 1);
  assert.equal(names(file("src/vm/localVms.ts", "")).length, 1);
  assert.equal(names(file("src/vm/local-vms.test.ts", "")).length, 0);
});

test("a shell, an exit inside the agent and a kill by name are banned", () => {
  assert.equal(bannedCalls(file("src/vm/a.ts", "spawn(x, { shell: true });")).length, 1);
  assert.equal(bannedCalls(file("src/vm/a.ts", "process.exit(1);")).length, 1);
  assert.equal(bannedCalls(file("bin/ferryd.ts", "process.exit(1);")).length, 0);
  assert.equal(bannedCalls(file("lab/a.ts", 'execFile("pkill", []);')).length, 1);
});

test("a second list of stages is reported", () => {
  const rule = oneStageList(["setup", "a-b", "c-d", "e-f"]);
  assert.equal(rule(file("src/api/x.ts", '["a-b", "c-d", "e-f"]')).length, 1);
  assert.equal(rule(file("src/api/x.ts", '"a-b"')).length, 0);
});

test("a page has exactly one title; code blocks do not count", () => {
  assert.equal(markdown(file("a.md", "# A\n\n```sh\n# comment\n```\n")).length, 0);
  assert.equal(markdown(file("a.md", "# A\n# B\n")).length, 1);
  assert.equal(markdown(file("a.md", "text\n")).length, 1);
});
