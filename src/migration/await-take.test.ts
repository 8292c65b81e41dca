import assert from "node:assert/strict";
import { test } from "node:test";
import { verdictOf } from "./await-take.ts";
import type { JournalKind } from "./journal-record.ts";

test("verdictOf() takes only what was handed over, and discards only what the source took back", () => {
  const verdicts: Record<Extract<JournalKind, "begun" | "handed-over" | "rolled-back">, string> = {
    begun: "ask again",
    "handed-over": "take",
    "rolled-back": "discard",
  };
  for (const [last, verdict] of Object.entries(verdicts)) {
    assert.equal(verdictOf(last as JournalKind), verdict);
  }
});

test("verdictOf() never gives up a ready VM because the source knows nothing", () => {
  assert.equal(verdictOf(null), "ask again");
});
