import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FerryError } from "../base/errors.ts";
import { newRecord } from "./new-record.ts";
import type { Progress } from "./progress-snapshot.ts";
import type { MigrationRecord } from "./record.ts";
import { RecordKeeper } from "./record-keeper.ts";

function keeper() {
  const stored: MigrationRecord[] = [];
  const published: MigrationRecord[] = [];
  const vm = { id: "id", name: "web01" };
  const facts = { id: "1", vm, source: "a", target: "b", requestedBy: "test", options: {} };
  const sink = {
    store: (record: MigrationRecord) => void stored.push(record),
    publish: (record: MigrationRecord) => void published.push(record),
  };
  const made = new RecordKeeper(newRecord({ ...facts, role: "source" }, 0), sink, () => 1);
  return { keeper: made, stored, published };
}

const progress = (percent: number) => ({ percent, wireBytes: 0 }) as Progress;

test("percentages never run backwards, and end at 100", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1 }), (percents) => {
      const { keeper: record, published } = keeper();
      for (const percent of percents) record.progress(progress(percent));
      record.completed();
      const seen = published.map((each) => each.progress?.percent ?? 0);
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
      );
      assert.equal(seen.at(-1), 100);
    }),
  );
});

test("nothing is written to disk while the guest stands still, and everything afterwards", () => {
  const { keeper: record, stored } = keeper();
  record.begin();
  record.stageBegun("memory-precopy");
  const before = stored.length;
  record.stageBegun("modified-pages");
  record.stageBegun("storage-handover");
  assert.equal(stored.length, before);
  record.stageBegun("resume");
  assert.equal(stored.at(-1)?.stages.length, 4);
});

test("what a move waits for is told once each time it changes, and is over when the move begins or ends", () => {
  const { keeper: record, published } = keeper();
  record.queued();
  for (const reason of ["2nd in line", "2nd in line", "next"]) record.waiting(reason);
  assert.deepEqual(
    published.map(({ waitingFor }) => waitingFor),
    [null, "2nd in line", "next"],
  );
  record.begin();
  assert.equal(record.current.waitingFor, null);
  const cancelled = keeper();
  cancelled.keeper.waiting("next");
  cancelled.keeper.ended("cancelled", new FerryError("cancelled", "It was cancelled"));
  assert.equal(cancelled.keeper.current.waitingFor, null);
});
