import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import type { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { pino } from "pino";
import { FerryError } from "../base/errors.ts";
import { openDatabase } from "../database/database.ts";
import type { Migrations } from "../migration/migrations.ts";
import { newRecord } from "../migration/new-record.ts";
import type { MoveRequest } from "../migration/queued.ts";
import type { MigrationRecord } from "../migration/record.ts";
import type { Precheck } from "../precheck/precheck.ts";
import { IncomingSlots } from "./incoming-slots.ts";
import { Scheduler } from "./scheduler.ts";
import { SettingsStore } from "./settings-store.ts";

/** Records without VMs: a move runs until the test ends it. */
class Moves {
  readonly records = new Map<string, MigrationRecord>();
  /** By time: the most that ran at once. */
  most = 0;
  readonly events = new EventEmitter();
  readonly #over = new Map<string, PromiseWithResolvers<void>>();
  #count = 0;

  enqueue({ vm, target, options, requestedBy }: MoveRequest): MigrationRecord {
    const id = `m${(this.#count += 1)}`;
    const facts = { id, vm: { id: vm, name: vm }, role: "source", source: "here" } as const;
    this.#set({ ...newRecord({ ...facts, target, options, requestedBy }, 0) });
    return this.get(id);
  }

  get(id: string): MigrationRecord {
    const record = this.records.get(id);
    assert.ok(record !== undefined, id);
    return record;
  }

  list({ state }: { state?: string }): MigrationRecord[] {
    return [...this.records.values()].filter((record) => record.state === state);
  }

  requeue(id: string): MigrationRecord | undefined {
    return this.records.get(id);
  }

  running(): MigrationRecord[] {
    return this.list({ state: "running" });
  }

  waiting(id: string, waitingFor: string): void {
    if (this.get(id).waitingFor !== waitingFor) this.#set({ ...this.get(id), waitingFor });
  }

  place(): void {}

  startQueued(id: string, together: () => void): void {
    together();
    this.#over.set(id, Promise.withResolvers());
    this.#set({ ...this.get(id), state: "running", waitingFor: null });
    this.most = Math.max(this.most, this.running().length);
  }

  endQueued(id: string, state: MigrationRecord["state"], { code, message }: FerryError): void {
    const error = { code, message, stage: null };
    this.#set({ ...this.get(id), state, waitingFor: null, endedAt: 1, error });
  }

  over(id: string): Promise<void> | undefined {
    return this.#over.get(id)?.promise;
  }

  end(id: string): void {
    this.#set({ ...this.get(id), state: "completed", endedAt: 1 });
    this.#over.get(id)?.resolve();
  }

  /** Resolves when the record is as wanted. */
  async until(id: string, wanted: (record: MigrationRecord) => boolean): Promise<void> {
    while (!wanted(this.get(id))) await once(this.events, "changed");
  }

  #set(record: MigrationRecord): void {
    this.records.set(record.id, record);
    this.events.emit("changed");
  }
}

interface TestHost extends AsyncDisposable {
  readonly moves: Moves;
  readonly database: DatabaseSync;
  readonly scheduler: Scheduler;
  readonly slots: IncomingSlots;
}

/** A host whose scheduler asks `peers` for slots, with one slot in and one out. */
function host(name: string, peers: Map<string, TestHost>, former?: TestHost): TestHost {
  const database = former?.database ?? openDatabase(":memory:");
  const moves = former?.moves ?? new Moves();
  const settings = new SettingsStore(database);
  settings.replace({ ...settings.current.settings, simultaneousMovesMax: 1 }, null);
  const came = new Map<string, string>();
  const slots = new IncomingSlots({
    host: name,
    limits: () => settings.current.settings,
    closed: () => null,
    progressOf: (id) => (ended(peers, id) ? "ended" : came.has(id) ? "running" : "unknown"),
    running: () => [],
    now: () => Date.now(),
  });
  const scheduler = new Scheduler({
    ...{ database, settings, host: name, now: () => Date.now() },
    log: pino({ level: "silent" }),
    memoryOf: () => 0,
    migrations: moves as unknown as Migrations,
    precheck: { require: async () => ({ disks: [] }) } as unknown as Precheck,
    slots: {
      async ask(target, request) {
        const peer = peers.get(target);
        if (peer === undefined) throw new FerryError("unreachable", `No way to ${target}`);
        const migrationId = `${name} ${request.migrationId}`;
        return peer.slots.ask({ ...request, migrationId }, name, Infinity);
      },
      async release(target, id) {
        peers.get(target)?.slots.release(`${name} ${id}`, name);
      },
    },
  });
  const made = {
    moves,
    database,
    scheduler,
    slots,
    [Symbol.asyncDispose]: () => scheduler[Symbol.asyncDispose](),
  };
  peers.set(name, made);
  return made;
}

function ended(peers: ReadonlyMap<string, TestHost>, key: string): boolean {
  const [source = "", id = ""] = key.split(" ");
  const endedAt = peers.get(source)?.moves.records.get(id)?.endedAt;
  return endedAt !== undefined && endedAt !== null;
}

const running = ({ state }: MigrationRecord): boolean => state === "running";

async function ask(from: TestHost, vm: string, target: string): Promise<string> {
  const { id } = await from.scheduler.request({ vm, target, options: {}, requestedBy: "test" });
  return id;
}

test("crossing moves at the limits: both begin, and the next begins when one has ended", async () => {
  const peers = new Map<string, TestHost>();
  await using a = host("a", peers);
  await using b = host("b", peers);
  a.scheduler.start();
  b.scheduler.start();
  const [out, back] = await Promise.all([ask(a, "vm1", "b"), ask(b, "vm2", "a")]);
  await Promise.all([a.moves.until(out, running), b.moves.until(back, running)]);
  const second = await ask(a, "vm3", "b");
  await a.moves.until(
    second,
    ({ waitingFor }) => waitingFor === "waits for a free slot on a, 1 of 1 in use, next",
  );
  a.moves.end(out);
  await a.moves.until(second, running);
  assert.equal(a.moves.most, 1);
});

test("a move waits for a slot of its target, and holds none meanwhile", async () => {
  const peers = new Map<string, TestHost>();
  await using a = host("a", peers);
  await using b = host("b", peers);
  await using c = host("c", peers);
  for (const { scheduler } of [a, b, c]) scheduler.start();
  const other = await ask(c, "vm1", "b");
  await c.moves.until(other, running);
  const waiting = await ask(a, "vm2", "b");
  await a.moves.until(
    waiting,
    ({ waitingFor }) => waitingFor === "waits for a free slot on b, 1 of 1 in use, next",
  );
  const free = await ask(a, "vm3", "c");
  await a.moves.until(free, running);
  a.moves.end(free);
  c.moves.end(other);
  await a.moves.until(waiting, running);
});

test("a restarted scheduler goes on with the queue in its order", async () => {
  const peers = new Map<string, TestHost>();
  const former = host("a", peers);
  await using b = host("b", peers);
  b.scheduler.start();
  // Never started: what is asked of it stays in the queue, as when the agent dies at once.
  const ids = [
    await ask(former, "vm1", "b"),
    await ask(former, "vm2", "b"),
    await ask(former, "vm3", "b"),
  ];
  await former[Symbol.asyncDispose]();
  await using a = host("a", peers, former);
  a.scheduler.start();
  for (const id of ids) {
    await a.moves.until(id, running);
    assert.deepEqual(
      a.moves.running().map((record) => record.id),
      [id],
    );
    a.moves.end(id);
  }
  assert.equal(a.scheduler.queueLength, 0);
});

test("a queued move that is cancelled never begins, and those behind it move up", async () => {
  const peers = new Map<string, TestHost>();
  await using a = host("a", peers);
  await using b = host("b", peers);
  a.scheduler.start();
  b.scheduler.start();
  const [first, second, third] = [
    await ask(a, "vm1", "b"),
    await ask(a, "vm2", "b"),
    await ask(a, "vm3", "b"),
  ];
  await a.moves.until(first, running);
  assert.equal((await a.scheduler.cancel(second)).state, "cancelled");
  await a.moves.until(third, ({ waitingFor }) => waitingFor?.endsWith("next") === true);
  a.moves.end(first);
  await a.moves.until(third, running);
  assert.equal(a.moves.get(second).state, "cancelled");
});

test("a target that does not answer is waited for, one that refuses ends the move with its reason", async () => {
  const peers = new Map<string, TestHost>();
  await using a = host("a", peers);
  a.scheduler.start();
  const silent = await ask(a, "vm1", "b");
  await a.moves.until(silent, ({ waitingFor }) => waitingFor === "waits for b: it does not answer");
  const refusing = host("c", peers);
  await using _ = refusing;
  refusing.slots.ask = () => {
    throw new FerryError("conflict", "it is drained");
  };
  const refused = await ask(a, "vm2", "c");
  await a.moves.until(refused, ({ state }) => state === "failed");
  assert.equal(a.moves.get(refused).error?.message, "it is drained");
});

test("while migration is switched off no move is asked for", async () => {
  await using a = host("a", new Map());
  const settings = new SettingsStore(a.database);
  settings.replace({ ...settings.current.settings, migrationEnabled: false }, null);
  await using off = host("a", new Map(), a);
  off.scheduler.start();
  await assert.rejects(ask(off, "vm1", "b"), { code: "conflict", message: /switched off/ });
});
