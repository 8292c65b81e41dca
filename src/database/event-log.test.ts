import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "./database.ts";
import { EventLog, type FerryEvent } from "./event-log.ts";

test("published events are stored and told in order, with rising ids", () => {
  using database = openDatabase(":memory:");
  using log = new EventLog(database, () => 7.5);
  const told: FerryEvent[] = [];
  log.subscribe((event) => told.push(event));
  log.publish("vm.created", "v1", { name: "web01" });
  log.publish("vm.changed", "v1", null);
  assert.deepEqual(told, []);
  log.flush();
  assert.deepEqual(
    told.map(({ id, type, at }) => [id, type, at]),
    [
      [1, "vm.created", 8],
      [2, "vm.changed", 8],
    ],
  );
  assert.deepEqual(log.replay(0, 10), told);
});

test("replay gives what came after an id, a page at a time", () => {
  using database = openDatabase(":memory:");
  using log = new EventLog(database, () => 0);
  for (let count = 0; count < 5; count++) log.publish("vm.changed", `v${count}`, null);
  const ids = (after: number, limit: number) => log.replay(after, limit).map(({ id }) => id);
  assert.deepEqual(ids(2, 2), [3, 4]);
  assert.deepEqual(ids(4, 2), [5]);
  assert.deepEqual(ids(5, 2), []);
});

test("an id that the log never gave out gets all that is kept", () => {
  using database = openDatabase(":memory:");
  using log = new EventLog(database, () => 0);
  log.publish("vm.changed", "v1", null);
  assert.equal(log.replay(99, 10).length, 1);
});

test("a broadcast is told and not kept", () => {
  using database = openDatabase(":memory:");
  using log = new EventLog(database, () => 0);
  const told: FerryEvent[] = [];
  log.subscribe((event) => told.push(event));
  log.broadcast("migration.progress", "m1", {});
  assert.deepEqual(
    told.map(({ id }) => id),
    [null],
  );
  assert.deepEqual(log.replay(0, 10), []);
});

test("the log is bounded: the oldest events make room", () => {
  using database = openDatabase(":memory:");
  using log = new EventLog(database, () => 0);
  for (let count = 0; count < 11_000; count++) log.publish("vm.changed", "v1", null);
  log.flush();
  const { kept } = database.prepare("SELECT count(*) AS kept FROM events").get() as {
    kept: number;
  };
  assert.equal(kept, 10_000);
});

test("storing events leaves the connection durable for the journal", () => {
  using database = openDatabase(":memory:");
  using log = new EventLog(database, () => 0);
  log.publish("vm.changed", "v1", null);
  log.flush();
  assert.equal(database.prepare("PRAGMA synchronous").get()?.["synchronous"], 2);
});
