import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDatabase } from "../database/database.ts";
import { Journal } from "./journal.ts";

function withJournal(claim: (journal: Journal, path: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), "ferry-journal-"));
  const path = join(directory, "state.db");
  const database = openDatabase(path);
  try {
    claim(new Journal(database, () => 7), path);
  } finally {
    database.close();
    rmSync(directory, { recursive: true });
  }
}

test("Journal gives back its records in order, also to another reader of the file", () => {
  withJournal((journal, path) => {
    journal.append("m1", { kind: "begun", vm: "v", peer: "host-b", generation: 3, ran: true });
    journal.append("m2", { kind: "accepted", vm: "w", peer: "host-a", generation: 1, run: true });
    journal.append("m1", { kind: "handed-over", generation: 4 });
    const reader = openDatabase(path);
    const kinds = new Journal(reader, () => 0).of("m1").map((entry) => entry.record.kind);
    reader.close();
    assert.deepEqual(kinds, ["begun", "handed-over"]);
  });
});

test("Journal.open() names the migrations that are not finished", () => {
  withJournal((journal) => {
    journal.append("m1", { kind: "begun", vm: "v", peer: "host-b", generation: 3, ran: true });
    journal.append("m2", { kind: "accepted", vm: "w", peer: "host-a", generation: 1, run: true });
    journal.append("m1", { kind: "finished" });
    assert.deepEqual(journal.open(), ["m2"]);
  });
});

test("Journal.append() writes nothing when what belongs to the record fails", () => {
  withJournal((journal) => {
    const failing = (): never => {
      throw new Error("no such VM");
    };
    assert.throws(
      () => journal.append("m1", { kind: "owner", generation: 2 }, failing),
      /no such VM/,
    );
    assert.deepEqual(journal.of("m1"), []);
  });
});
