/**
 * Two real QEMUs and a session between them: the source's gives its guest up when the return path is released, not
 * before, and takes it back when its socket is closed instead.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { FerryError } from "../../src/base/errors.ts";
import {
  listenIncoming,
  prepareOutgoing,
  queryMemory,
  startOutgoing,
  waitForStatus,
} from "../../src/qemu/migration.ts";
import { newerQemu } from "../memory/qemus.ts";
import { QmpClient } from "../../src/qemu/qmp-client.ts";
import type { Qmp } from "../../src/qemu/qmp.ts";
import { next, openPair, owner, type Pair } from "./session-pair.ts";
import { patienceMs } from "../../lab/patience.ts";

interface TestQemu extends AsyncDisposable {
  readonly qmp: Qmp;
}

async function startQemu(
  directory: string,
  name: string,
  args: string[],
  program = "qemu-system-x86_64",
): Promise<TestQemu> {
  const socket = join(directory, `${name}.qmp`);
  const common = [
    "-accel",
    "tcg",
    "-machine",
    "q35",
    "-m",
    "96",
    "-nodefaults",
    "-display",
    "none",
  ];
  const monitor = ["-qmp", `unix:${socket},server=on,wait=off`];
  const child = spawn(program, [...common, ...monitor, ...args], { stdio: "ignore" });
  const exited = once(child, "exit");
  const qmp = await connectSoon(socket);
  return {
    qmp,
    async [Symbol.asyncDispose]() {
      await qmp[Symbol.asyncDispose]();
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** QEMU takes a moment to make its socket, and has no way to say that it has. */
async function connectSoon(path: string): Promise<Qmp> {
  for (;;) {
    try {
      return await QmpClient.connect(path);
    } catch (error) {
      if (FerryError.from(error).code !== "unreachable") throw error;
      await sleep(50);
    }
  }
}

/** Between the start of QEMU's stream and its end at the target. */
async function startMigration(
  pair: Pair,
  source: Qmp,
  target: Qmp,
  asksToSwitchOver: boolean,
): Promise<void> {
  const incoming = join(pair.directory, "incoming");
  const outgoing = join(pair.directory, "outgoing");
  await prepareOutgoing(source, {
    blackoutLimitMs: 300,
    bandwidthBytesPerSecond: 0,
    pauses: false,
    mayThrottle: false,
    mayPostCopy: false,
    asksToSwitchOver,
    channels: 0,
    channelLevel: 2,
  });
  const settings = { hasReturnPath: true, mayPostCopy: false, channels: 0 };
  await listenIncoming(target, `unix:${incoming}`, settings);
  await pair.target.carryConnecting("memory", incoming);
  await pair.source.carryListening("memory", outgoing, owner);
  await startOutgoing(source, `unix:${outgoing}`);
}

/** Migrates until the target has loaded everything and the source waits for SHUT. */
async function migrateUntilLoaded(pair: Pair, source: Qmp, target: Qmp): Promise<void> {
  const loaded = next(pair.source, "load-reported");
  await startMigration(pair, source, target, false);
  assert.equal(await loaded, true);
  await waitForStatus(target, ["completed"], { timeoutMs: patienceMs });
}

async function runState(qmp: Qmp): Promise<string> {
  return (await qmp.execute<{ status: string }>("query-status")).status;
}

/** QEMU says that a migration is completed a moment before it changes what it says of itself. */
async function becomes(qmp: Qmp, state: string): Promise<void> {
  while ((await runState(qmp)) !== state) await sleep(10);
}

test("the source QEMU waits until the return path is released, then has completed", async () => {
  await using pair = await openPair();
  await using source = await startQemu(pair.directory, "source", []);
  await using target = await startQemu(pair.directory, "target", ["-S", "-incoming", "defer"]);
  await migrateUntilLoaded(pair, source.qmp, target.qmp);
  assert.equal(await runState(source.qmp), "finish-migrate");
  // Which of the two depends on QEMU's version; neither is `completed`.
  assert.match((await queryMemory(source.qmp)).status, /^(active|device)$/);

  await pair.source.releaseReturnPath();
  await waitForStatus(source.qmp, ["completed"], { timeoutMs: patienceMs });
  await becomes(source.qmp, "postmigrate");
  await target.qmp.execute("cont");
  assert.equal(await runState(target.qmp), "running");
});

test("closing the stream before the release makes the source QEMU let its guest run again", async () => {
  await using pair = await openPair();
  await using source = await startQemu(pair.directory, "source", []);
  await using target = await startQemu(pair.directory, "target", ["-S", "-incoming", "defer"]);
  await migrateUntilLoaded(pair, source.qmp, target.qmp);
  const resumed = source.qmp.waitFor((event) => event.event === "RESUME", {
    timeoutMs: patienceMs,
  });
  await pair.source.closeStream("memory");
  await resumed;
  assert.equal(await runState(source.qmp), "running");
  await assert.rejects(pair.source.releaseReturnPath(), { code: "conflict" });
});

test("a session that is lost before the release leaves the source QEMU waiting for the engine's word", async () => {
  await using pair = await openPair();
  await using source = await startQemu(pair.directory, "source", []);
  await using target = await startQemu(pair.directory, "target", ["-S", "-incoming", "defer"]);
  await migrateUntilLoaded(pair, source.qmp, target.qmp);
  const over = next(pair.source, "closed");
  await pair.target.close("the target's agent stops");
  assert.match((await over) ?? "", /agent stops/);
  assert.equal(await runState(source.qmp), "finish-migrate");

  await pair.source.releaseReturnPath();
  await waitForStatus(source.qmp, ["completed"], { timeoutMs: patienceMs });
  await becomes(source.qmp, "postmigrate");
});

test("a QEMU that can wait for the word runs its guest on until it is allowed to switch over", async (t) => {
  await using pair = await openPair();
  const newer = await newerQemu(join(pair.directory, "newer"));
  if (typeof newer === "string") return t.skip(newer);
  const [firmware, { binary }] = [[...newer.args], newer];
  const incoming = [...firmware, "-S", "-incoming", "defer"];
  await using source = await startQemu(pair.directory, "source", firmware, binary);
  await using target = await startQemu(pair.directory, "target", incoming, binary);
  let passes = 0;
  const stopped = source.qmp.waitFor(({ event }) => event === "STOP", { timeoutMs: patienceMs });
  const held = source.qmp.waitFor(
    ({ event, data }) => {
      if (event === "MIGRATION_PASS") passes = Number(data["pass"]);
      return passes >= 20;
    },
    { timeoutMs: patienceMs },
  );
  const loaded = next(pair.source, "load-reported");
  await startMigration(pair, source.qmp, target.qmp, true);
  // What is left is nothing again and again: without the word QEMU would be done after the second pass.
  await held;
  assert.equal(await runState(source.qmp), "running");
  pair.source.allowSwitchover();
  await stopped;
  assert.equal(await loaded, true);
  await pair.source.releaseReturnPath();
  await waitForStatus(source.qmp, ["completed"], { timeoutMs: patienceMs });
});
