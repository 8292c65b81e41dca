import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

interface Seen {
  readonly may: boolean;
  readonly usual: number;
  readonly own: number;
  readonly pool: readonly number[];
  readonly child: number;
}

/** In a process of its own: priorities are a process's. Its words are nice values. */
const program = `
  import { readdirSync, readFileSync } from "node:fs";
  import { getPriority } from "node:os";
  import { goFirst } from "./src/base/priority.ts";
  import { runProgram } from "./src/base/run-program.ts";

  const usual = getPriority();
  const may = await goFirst();
  const pool = readdirSync("/proc/self/task").flatMap((task) => {
    const stat = readFileSync("/proc/self/task/" + task + "/stat", "utf8");
    return stat.includes("(libuv-worker)") ? [Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16])] : [];
  });
  const child = Number(await runProgram("nice", []));
  process.stdout.write(JSON.stringify({ may, usual, own: getPriority(), pool, child }));
`;

test("the agent goes first; its pool and what it starts do not", async () => {
  const args = ["--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { may, usual, own, pool, child } = JSON.parse(stdout) as Seen;
  assert.equal(own, may ? -10 : usual, "who is not root goes on as before");
  assert.ok(pool.length > 0);
  for (const each of pool) assert.equal(each, usual);
  assert.equal(child, may ? 0 : usual);
});
