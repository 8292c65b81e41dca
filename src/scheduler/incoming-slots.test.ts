import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Priority } from "../migration/record.ts";
import { IncomingSlots } from "./incoming-slots.ts";

const move = { vmName: "web01", priority: "normal", copiesDisks: false, memoryBytes: 0 } as const;

/** A target with two slots, its clock, and the moves that came to it. */
function target({ max = 2 } = {}) {
  const world = { now: 1_000_000, closed: null as string | null };
  const running = new Map<string, string>();
  const ended = new Set<string>();
  const slots = new IncomingSlots({
    host: "host-b",
    limits: () => ({ simultaneousMovesMax: max, simultaneousStorageMovesMax: max }),
    closed: () => world.closed,
    progressOf: (id) => (running.has(id) ? "running" : ended.has(id) ? "ended" : "unknown"),
    running: () => [...running].map(([id, source]) => ({ id, source, copiesDisks: false })),
    now: () => world.now,
  });
  const ask = (migrationId: string, source = "host-a", priority: Priority = "normal") =>
    slots.ask({ ...move, migrationId, priority }, source, Infinity).outcome;
  return {
    world,
    slots,
    ask,
    begin: (id: string, source = "host-a") => running.set(id, source),
    end: (id: string) => {
      running.delete(id);
      ended.add(id);
    },
  };
}

test("a target grants as many slots as it has, and says what the next one waits for", () => {
  const { slots, ask } = target();
  assert.equal(ask("1"), "granted");
  assert.equal(ask("2"), "granted");
  assert.deepEqual(slots.ask({ ...move, migrationId: "3" }, "host-a", Infinity), {
    outcome: "wait",
    reason: "waits for a free slot on host-b, 2 of 2 in use, next",
  });
});

test("asking again keeps what was granted and takes no second slot", () => {
  const { ask } = target();
  assert.deepEqual(
    [ask("1"), ask("1"), ask("2"), ask("3")],
    ["granted", "granted", "granted", "wait"],
  );
});

test("a slot is free again when its move has ended, and not before", () => {
  const { world, ask, begin, end } = target({ max: 1 });
  ask("1");
  begin("1");
  world.now += 3_600_000;
  assert.equal(ask("2"), "wait");
  end("1");
  assert.equal(ask("2"), "granted");
});

test("a source that disappears between the grant and its session loses the slot", () => {
  const { world, ask } = target({ max: 1 });
  ask("1", "host-a");
  world.now += 44_000;
  assert.equal(ask("2", "host-c"), "wait");
  world.now += 2_000;
  assert.equal(ask("2", "host-c"), "granted");
});

test("a source that stops asking keeps no place in line", () => {
  const { world, slots, ask } = target({ max: 1 });
  ask("1");
  ask("2", "host-a");
  world.now += 2_000;
  ask("3", "host-c");
  world.now += 1_500;
  slots.release("1", "host-a");
  assert.equal(ask("3", "host-c"), "granted");
});

test("the next slot goes to the source that has fewest, and to a higher priority before all", () => {
  const { slots, ask } = target();
  ask("1", "host-a");
  ask("2", "host-a");
  assert.equal(ask("3", "host-a"), "wait");
  assert.equal(ask("4", "host-c"), "wait");
  slots.release("1", "host-a");
  assert.equal(ask("3", "host-a"), "wait");
  assert.equal(ask("5", "host-d", "high"), "granted");
  slots.release("5", "host-d");
  assert.equal(ask("4", "host-c"), "granted");
});

test("nobody releases the slot of another source", () => {
  const { slots, ask } = target({ max: 1 });
  ask("1", "host-a");
  slots.release("1", "host-c");
  assert.equal(ask("2", "host-c"), "wait");
});

test("a closed host grants nothing, with its reason", () => {
  const { world, ask } = target();
  world.closed = "it is drained";
  assert.throws(() => ask("1"), { code: "conflict", message: /it is drained/ });
});

test("two moves never count on the same memory", () => {
  const { slots, begin } = target();
  const ask = (migrationId: string, free: number) =>
    slots.ask({ ...move, migrationId, memoryBytes: 6 }, "host-a", free).outcome;
  assert.equal(ask("1", 10), "granted");
  assert.throws(() => ask("2", 10), { code: "no-space", message: /4 B of memory is left there/ });
  // What a move under way fills is no longer free, and not promised any more.
  begin("1");
  assert.equal(ask("2", 6), "granted");
});

test("a session without a lease takes a free slot or is refused", () => {
  const { slots, begin } = target({ max: 1 });
  begin("0");
  assert.throws(() => slots.claim("1", "web01", "host-a"), { code: "busy" });
  assert.deepEqual(slots.inUse(), { moves: 1, storageMoves: 0 });
});

/** What can happen to one migration of a source, in the order a source would do it. */
type Step = {
  readonly migration: number;
  readonly act: "ask" | "begin" | "end" | "vanish" | "wait";
};

const someSteps = fc.array(
  fc.record<Step>({
    migration: fc.nat(7),
    act: fc.constantFrom("ask", "ask", "begin", "end", "vanish", "wait"),
  }),
  { maxLength: 200 },
);

test("whatever sources do, slots in use never exceed the limit, and when all end everyone gets one", () => {
  fc.assert(
    fc.property(someSteps, fc.integer({ min: 1, max: 3 }), (steps, max) => {
      const { world, slots, ask, begin, end } = target({ max });
      const stages = new Map<number, "asking" | "granted" | "running" | "ended">();
      const source = (migration: number): string => `host-${migration % 3}`;
      const asks = (migration: number): void => {
        if (ask(String(migration), source(migration)) === "granted")
          stages.set(migration, "granted");
        else stages.set(migration, "asking");
      };
      for (const { migration, act } of steps) {
        const stage = stages.get(migration);
        if (act === "ask" && (stage === undefined || stage === "asking")) asks(migration);
        if (act === "begin" && stage === "granted") {
          begin(String(migration), source(migration));
          stages.set(migration, "running");
        }
        if (act === "end" && stage === "running") {
          end(String(migration));
          stages.set(migration, "ended");
        }
        if (act === "vanish" && stage !== "running") stages.delete(migration);
        if (act === "wait") {
          world.now += 1_000;
          // A lease that may lapse is one whose source asks no more; ours come back in time or not at all.
          for (const [granted, at] of stages) if (at === "granted") asks(granted);
        }
        assert.ok(slots.inUse().moves <= max);
      }
      for (const [migration, stage] of stages) {
        if (stage === "running") end(String(migration));
        if (stage === "granted") slots.release(String(migration), source(migration));
      }
      world.now += 60_000;
      const waiting = new Set(
        [...stages].filter(([, stage]) => stage === "asking").map(([id]) => id),
      );
      for (let turn = 0; waiting.size > 0; turn++) {
        assert.ok(turn <= 20, "someone waits for ever");
        world.now += 1_000;
        for (const migration of [...waiting]) {
          if (ask(String(migration), source(migration)) !== "granted") continue;
          begin(String(migration), source(migration));
          end(String(migration));
          waiting.delete(migration);
        }
      }
    }),
  );
});
