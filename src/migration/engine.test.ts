import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { FerryError } from "../base/errors.ts";
import { runSource, runTarget } from "./engine.ts";
import type { StageName } from "./plan.ts";
import { describeStage } from "./plan.ts";
import type { SourceMove, Stage, TargetMove } from "./stage.ts";
import { stages as realStages } from "./stages/all.ts";

const names = realStages.map((stage) => stage.name);

interface World {
  readonly log: string[];
  readonly stages: Stage[];
  readonly source: SourceMove;
  readonly target: TargetMove;
}

/** Stages that write down what is asked of them; `failing` fails in its run. */
function world(failing?: StageName, error: Error = new Error("struck")): World {
  const log: string[] = [];
  const common = {
    log: pino({ level: "silent" }),
    signal: new AbortController().signal,
    stopping: new AbortController().signal,
    faults: { reach: async () => undefined, repeats: () => false },
    record: { current: { cancellable: false }, stageBegun: () => undefined },
    journal: {
      append: (_id: string, record: { kind: string }) => log.push(`journal ${record.kind}`),
    },
    session: { send: (message: { type: string }) => log.push(`tell ${message.type}`) },
  };
  const source = { ...common, handedOverAt: undefined, untidy: false } as unknown as SourceMove;
  const target = { ...common, ready: false, owner: false } as unknown as TargetMove;
  const stages = names.map((name): Stage => {
    const run = (role: string) => {
      log.push(`${role} ${name}`);
      if (name === failing) throw error;
    };
    return {
      name,
      source: {
        run: async (move) => {
          run("run");
          if (name === "storage-handover") move.handedOverAt = 1;
        },
        undo: async () => {
          log.push(`undo ${name}`);
        },
      },
      target: {
        run: async (move) => {
          run("run");
          if (name === "storage-handover") move.ready = true;
          if (name === "resume") move.owner = true;
        },
        undo: async () => {
          log.push(`undo ${name}`);
        },
      },
    };
  });
  return { log, stages, source, target };
}

const beforeHandover = names.filter((name) => describeStage(name).reversible);

for (const failing of beforeHandover) {
  test(`runSource() undoes backwards, and says rolled-back first, when ${failing} fails`, async () => {
    const { log, stages, source } = world(failing);
    await assert.rejects(runSource(source, stages), /struck/);
    const begun = names.slice(0, names.indexOf(failing) + 1);
    assert.deepEqual(log, [
      ...begun.map((name) => `run ${name}`),
      "journal rolled-back",
      ...begun.toReversed().map((name) => `undo ${name}`),
    ]);
  });
}

test("runSource() undoes nothing and goes on when something fails after the handover", async () => {
  const { log, stages, source } = world("resume");
  await runSource(source, stages);
  assert.deepEqual(
    log,
    names.map((name) => `run ${name}`),
  );
});

test("runSource() stops without undoing when the target denies having the VM", async () => {
  const error = new FerryError("migration-unresolved", "The target knows nothing of it");
  const { log, stages, source } = world("resume", error);
  await assert.rejects(runSource(source, stages), error);
  assert.ok(!log.some((line) => line.startsWith("undo") || line.startsWith("journal")));
});

test("runSource() stops before a cancellable stage when it was cancelled", async () => {
  const { log, stages, source } = world();
  const signal = AbortSignal.abort(new FerryError("cancelled", "not any more"));
  const record = { current: { cancellable: true }, stageBegun: () => undefined };
  const move = { ...source, signal, record } as unknown as SourceMove;
  await assert.rejects(runSource(move, stages), { code: "cancelled" });
  assert.ok(!log.some((line) => line.startsWith("run")));
});

test("runTarget() removes everything it made when a stage before ready fails", async () => {
  const { log, stages, target } = world("memory-precopy");
  await assert.rejects(runTarget(target, stages), /struck/);
  const undone = ["memory-precopy", "storage-mirror", "setup"].map((name) => `undo ${name}`);
  assert.deepEqual(log.slice(-4), [...undone, "journal discarded"]);
});

test("a stage that does not apply to a move is neither run nor undone on either host", async () => {
  const { log, stages, source, target } = world("memory-precopy");
  const reduced = stages.map((stage) =>
    stage.name === "storage-mirror" ? { ...stage, applies: () => false } : stage,
  );
  await assert.rejects(runSource(source, reduced), /struck/);
  await assert.rejects(runTarget(target, reduced), /struck/);
  assert.ok(!log.some((line) => line.includes("storage-mirror")));
});

test("runTarget() keeps the skeleton after ready, whatever fails, and tells the source", async () => {
  const { log, stages, target } = world("storage-handover");
  target.ready = true;
  await runTarget(target, stages);
  assert.ok(log.includes("tell failed"));
  assert.ok(!log.some((line) => line.startsWith("undo")));
});

test("runTarget() ends the skeleton after ready on the source's word alone", async () => {
  const { log, stages, target } = world(
    "resume",
    new FerryError("cancelled", "The source took it back"),
  );
  await assert.rejects(runTarget(target, stages), { code: "cancelled" });
  assert.equal(log.at(-1), "journal discarded");
});
