import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { identifyProcess, isAlive, parseStat, signalProcess } from "./process-identity.ts";

test("a process is itself until it ends, and only it is signalled", async () => {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const identity = identifyProcess(child.pid ?? 0);
  assert.ok(identity !== undefined);
  assert.equal(isAlive(identity), true);

  const impostors = [
    { ...identity, startTicks: "1" },
    { ...identity, bootId: "another boot" },
  ];
  for (const impostor of impostors) {
    assert.equal(isAlive(impostor), false);
    assert.equal(signalProcess(impostor, "SIGKILL"), false);
  }
  assert.equal(isAlive(identity), true);

  const exited = once(child, "exit");
  assert.equal(signalProcess(identity, "SIGKILL"), true);
  await exited;
  assert.equal(isAlive(identity), false);
  assert.equal(signalProcess(identity, "SIGKILL"), false);
});

test("a program's name with spaces and parentheses does not shift the fields", () => {
  const rest = Array.from({ length: 18 }, (_, index) => index + 4).join(" ");
  assert.deepEqual(parseStat(`12 (a) R (b) S ${rest} 777 8`), { state: "S", startTicks: "777" });
  assert.equal(parseStat("12 (short) S 1"), undefined);
});
