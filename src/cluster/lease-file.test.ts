import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bootClockMs } from "./boot-clock.ts";
import { standingOf } from "./lease.ts";
import { keepLease, keptLease } from "./lease-file.ts";

let directory: string;
const whose = () => ({ socket: join(directory, "keeper.sock"), cluster: "c", incarnation: 3 });
const leaseMs = 600_000;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "ferry-lease-"));
});

after(() => rm(directory, { recursive: true }));

test("a process that starts anew goes by the lease that was renewed before it, and ends nobody's guests for not knowing", () => {
  assert.equal(keptLease(whose()).sentAtMs, null);
  keepLease(whose(), { sentAtMs: bootClockMs(), leaseMs, dead: false });
  assert.equal(standingOf(keptLease(whose()), bootClockMs()), "held");
  assert.equal(standingOf(keptLease(whose()), bootClockMs() + leaseMs), "lapsed");
});

test("another incarnation's, another cluster's and another boot's lease says nothing", async () => {
  keepLease(whose(), { sentAtMs: bootClockMs(), leaseMs, dead: false });
  assert.equal(keptLease({ ...whose(), incarnation: 4 }).sentAtMs, null);
  assert.equal(keptLease({ ...whose(), cluster: "d" }).sentAtMs, null);
  const file = join(directory, "lease.json");
  const kept = JSON.parse(await readFile(file, "utf8")) as object;
  await writeFile(file, JSON.stringify({ ...kept, boot: "another" }));
  assert.equal(keptLease(whose()).sentAtMs, null);
  await writeFile(file, '{"boot":');
  assert.equal(keptLease(whose()).sentAtMs, null);
});
