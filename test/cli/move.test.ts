import assert from "node:assert/strict";
import { once } from "node:events";
import test from "node:test";
import type { MigrationRecord } from "../../src/migration/record.ts";
import { type Answering, answeringServer } from "./answering-server.ts";
import { aRecord, sampleMigrationId } from "./sample-record.ts";

const completed = aRecord({
  state: "completed",
  startedAt: 1_795_000_000_000,
  endedAt: 1_795_000_002_000,
});

/** Answers a move's questions with these records in turn, the last one for ever; undefined breaks the connection. */
function inTurn(...records: (MigrationRecord | undefined)[]): Answering {
  let turn = 0;
  return () => {
    const record = records[Math.min(turn, records.length - 1)];
    turn += 1;
    return record === undefined ? undefined : { json: record };
  };
}

test("move asks for what was said, follows at the source, and ends with the report", async () => {
  await using agent = await answeringServer(inTurn(aRecord(), aRecord(), completed));
  const words = [
    "--max-blackout",
    "50ms",
    "--bandwidth",
    "1Gbit",
    "--performance",
    "tcp",
    "--verify",
  ];
  const { exit, out } = await agent.run("move", "web01", "host-b", ...words);
  assert.equal(exit, 0);
  assert.match(out, /web01 moved from host-a to host-b in 2.0 s and runs there\n$/);
  const [post, get] = agent.asked;
  assert.deepEqual(post, {
    what: "POST /v1/migrations",
    host: undefined,
    body: {
      vm: "web01",
      target: "host-b",
      options: {
        performance: "tcp",
        blackoutMsMax: 50,
        bandwidthBytesPerSecond: 125_000_000,
        verifyMemory: true,
      },
    },
  });
  assert.deepEqual([get?.what, get?.host], [`GET /v1/migrations/${sampleMigrationId}`, "host-a"]);
});

test("the exit code tells how a move ended, the error says why", async () => {
  const error = { code: "no-space", message: "Cannot x", remedy: "Free y", stage: null } as const;
  const ends: [MigrationRecord, number, RegExp][] = [
    [aRecord({ state: "failed", error }), 8, /^error: Cannot x\nremedy: Free y\n$/],
    [aRecord({ state: "cancelled" }), 7, /^$/],
  ];
  for (const [record, code, message] of ends) {
    await using agent = await answeringServer(inTurn(record));
    const { exit, err } = await agent.run("move", "web01", "host-b");
    assert.equal(exit, code);
    assert.match(err, message);
  }
});

test("with --json a move is one document, the record, whatever its end", async () => {
  for (const record of [completed, aRecord({ state: "failed" })]) {
    await using agent = await answeringServer(inTurn(aRecord(), record));
    const { out, err } = await agent.run("move", "web01", "host-b", "--json");
    assert.deepEqual([JSON.parse(out), err], [record, ""]);
  }
});

test("an agent that is away for a while does not end the watch", async () => {
  await using agent = await answeringServer(inTurn(aRecord(), undefined, undefined, completed));
  const { exit } = await agent.run("move", "web01", "host-b");
  assert.equal(exit, 0);
  assert.equal(agent.asked.length, 4);
});

test("--detach answers at once and says how to follow", async () => {
  await using agent = await answeringServer(inTurn(aRecord()));
  const { exit, out } = await agent.run("move", "web01", "host-b", "--detach");
  assert.equal(exit, 0);
  assert.match(out, new RegExp(`ferry migration watch ${sampleMigrationId}`));
  assert.equal(agent.asked.length, 1);
});

test("migration watch --json is a line for each change", async () => {
  const records = [aRecord(), aRecord(), aRecord({ cancellable: false }), completed];
  await using agent = await answeringServer(inTurn(...records));
  const { exit, out } = await agent.run("migration", "watch", sampleMigrationId, "--json");
  const lines = out.trimEnd().split("\n");
  assert.equal(exit, 0);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    [records[0], records[2], completed],
  );
});

test("migration show takes a VM's name for its newest migration", async () => {
  const list = { migrations: [completed], unreachable: [] };
  await using agent = await answeringServer(() => ({ json: list }));
  const { out } = await agent.run("migration", "show", "web01");
  assert.match(out, /web01 moved from host-a/);
  assert.equal(agent.asked[0]?.what, "GET /v1/migrations?scope=domain&vm=web01&limit=1");
});

test("migration cancel waits for the end; a move that completed all the same is an error", async () => {
  const cancelled = aRecord({ state: "cancelled" });
  await using agent = await answeringServer(
    inTurn(aRecord(), aRecord({ state: "cancelling" }), cancelled),
  );
  const done = await agent.run("migration", "cancel", sampleMigrationId);
  assert.deepEqual(
    [done.exit, agent.asked[1]?.what],
    [0, `POST /v1/migrations/${sampleMigrationId}/cancel`],
  );
  await using late = await answeringServer(inTurn(aRecord(), completed));
  assert.equal((await late.run("migration", "cancel", sampleMigrationId)).exit, 7);
});

test("Ctrl-C on a move asks to cancel it", async () => {
  let cancelAsked = false;
  await using agent = await answeringServer(({ what }) => {
    cancelAsked ||= what.endsWith("/cancel");
    if (what.startsWith("GET") && !cancelAsked) child.kill("SIGINT");
    return { json: aRecord({ state: cancelAsked ? "cancelled" : "running" }) };
  });
  const child = agent.start("move", "web01", "host-b");
  const [code] = (await once(child, "exit")) as [number];
  assert.deepEqual([code, cancelAsked], [7, true]);
});

test("where it can no longer be cancelled Ctrl-C says so, and a second one leaves the move to itself", async () => {
  const error = { code: "not-cancellable", message: "Cannot cancel: too late" };
  let interrupted = false;
  await using agent = await answeringServer(({ what }) => {
    if (what.endsWith("/cancel")) {
      setImmediate(() => child.kill("SIGINT"));
      return { status: 409, json: { error } };
    }
    if (what.startsWith("GET") && !interrupted) interrupted = child.kill("SIGINT");
    return { json: aRecord() };
  });
  const child = agent.start("move", "web01", "host-b");
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  const [code] = (await once(child, "close")) as [number];
  assert.equal(code, 130);
  assert.match(out, /The move goes on\. Follow it with: ferry migration watch/);
});
