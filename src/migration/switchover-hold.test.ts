import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Qmp, QmpEvent } from "../qemu/qmp.ts";
import type { Session } from "../session/session.ts";
import { SwitchoverHold } from "./switchover-hold.ts";

/** A QEMU that says what it is told to, and a session that has taken in and applied so much of memory. */
function parts() {
  const listeners = new Set<(event: QmpEvent) => void>();
  const memory = { acceptedBytes: 0, acknowledgedBytes: 0 };
  const said: string[] = [];
  const qmp: Pick<Qmp, "onEvent"> = {
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const session = {
    stats: async () => ({ streams: { memory: { ...memory } } }),
    holdSwitchover: () => void said.push("hold"),
    allowSwitchover: () => void said.push("allow"),
  };
  const pass = (number: number) => {
    for (const listener of listeners) {
      listener({ event: "MIGRATION_PASS", data: { pass: number }, timestampMs: 0 });
    }
  };
  const hold = new SwitchoverHold(qmp as Qmp, session as unknown as Session);
  return { hold, memory, pass, said, listeners };
}

test("QEMU is held until what was sent in its first pass is applied, and told so once", async () => {
  const { hold, memory, pass, said, listeners } = parts();
  pass(1);
  memory.acceptedBytes = 1_000;
  assert.deepEqual(said, []);
  pass(2);
  pass(3);
  await delay(60);
  assert.deepEqual([hold.isOn, said], [true, ["hold"]]);
  memory.acknowledgedBytes = 999;
  await delay(60);
  assert.equal(hold.isOn, true);
  memory.acknowledgedBytes = 1_000;
  while (hold.isOn) await delay(5);
  hold.release();
  assert.deepEqual([said, listeners.size], [["hold", "allow"], 0]);
});

test("an administrator's word releases it at once, and a move that is over says nothing more", async () => {
  const first = parts();
  first.hold.release();
  first.pass(2);
  assert.deepEqual(first.said, ["allow"]);
  const second = parts();
  second.memory.acceptedBytes = 1;
  second.pass(2);
  second.hold[Symbol.dispose]();
  await delay(60);
  assert.deepEqual(second.said, ["hold"]);
});
