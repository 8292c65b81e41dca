/** A guest that writes faster than the link, and what an administrator sees of it and may do about it while it moves. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { createGuest, guestPorts } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import { moveThenSlowDown } from "../../lab/slow-link.ts";
import type { MigrationRecord } from "../../src/migration/record.ts";
import { finished, startMove } from "../move/moves.ts";

const vm = "writer";
const ask = (line: string) => lab.client.ask("10.77.0.50", guestPorts.memory, line);
const options = { convergencePolicy: "patient" } as const;
let lab: Lab;
let id: string;

before(async () => {
  lab = await Lab.up({ name: "e-stepin" });
  await createGuest(lab, { name: vm, host: "host-a", address: "10.77.0.50" });
  await ask("fill 16 7");
  await ask("churn 8000");
  const start = () => startMove(lab, vm, "host-b", options);
  ({ id } = await moveThenSlowDown(lab.host("host-a"), start, 1_500_000));
});

after(() => Lab.down("e-stepin"));

const recordOf = (): Promise<MigrationRecord> =>
  lab.host("host-a").api("GET /v1/migrations/{id}", { params: { id } });
const ferry = (...args: string[]) => lab.host("host-b").ferry(args);

async function refused(code: number, text: RegExp, ...args: string[]): Promise<void> {
  const { exitCode, stderr } = await ferry(...args);
  assert.equal(exitCode, code, `ferry ${args.join(" ")}: ${stderr}`);
  assert.match(stderr, text);
}

test("after the second round the record says that it will not converge, with numbers and what may be done", async () => {
  let percent = 0;
  let record = await recordOf();
  while (record.verdict?.converges !== false) {
    assert.equal(record.state, "running", record.error?.message ?? "");
    assert.ok((record.progress?.percent ?? 0) >= percent, "progress runs backwards");
    percent = record.progress?.percent ?? 0;
    await sleep(100);
    record = await recordOf();
  }
  assert.ok(record.verdict.round >= 2, JSON.stringify(record.rounds));
  assert.match(record.verdict.message, /^will not converge: writes .*\/s, link .*\/s$/);
  const { stdout } = await ferry("migration", "show", vm);
  assert.match(stdout, new RegExp(`ferry migration switch-now ${id}`));
});

test("nothing else may be done with the VM while it moves, and each refusal names the move", async () => {
  await refused(6, new RegExp(`held by migration ${id}`), "move", vm, "host-b", "--detach");
  await refused(5, new RegExp(id), "vm", "set", vm, "--memory", "512M");
  await refused(5, new RegExp(id), "vm", "delete", vm, "--yes");
  await refused(5, new RegExp(id), "vm", "power-off", vm, "--yes");
  await refused(5, new RegExp(id), "vm", "pause", vm);
  await refused(5, new RegExp(id), "vm", "move-storage", vm, "--pool", "local");
});

test("an administrator steps in from any host: refused where the policy promised otherwise, done and recorded elsewhere", async () => {
  await refused(5, /never slows the guest down/, "migration", "throttle", vm);
  await refused(2, /whole number from 1 to 99/, "migration", "throttle", vm, "--percent", "100");
  // With the rounds that a slow machine has had time for, the policy may have come to the same limit by itself.
  const { exitCode, stdout, stderr } = await ferry("migration", "hurry", vm);
  const isPolicyFirst = exitCode !== 0;
  if (isPolicyFirst) assert.match(stderr, /300 ms, already/);
  else assert.match(stdout, /writer: may stand still for 300 ms/);
  await refused(5, /300 ms, already/, "migration", "hurry", id);
  const now = await ferry("migration", "switch-now", vm);
  assert.equal(now.exitCode, 0, now.stderr);
  const record = await finished(lab, id);
  assert.equal(record.state, "completed", record.error?.message ?? "");
  const asked = record.adjustments?.filter(({ by }) => by !== "policy");
  assert.deepEqual(
    asked?.map(({ action, value }) => [action, value]),
    [...(isPolicyFirst ? [] : [["blackout-limit", 300]]), ["stop", 600_000]],
  );
  assert.match(await ask("verify"), /^verified 4096 0$/);
  await refused(
    5,
    /it is completed, stage memory-precopy is wanted/,
    "migration",
    "switch-now",
    id,
  );
});
