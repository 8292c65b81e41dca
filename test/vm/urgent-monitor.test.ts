/** QEMU's urgent monitor, with a real QEMU: what one agent agreed on holds for the next. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { urgentMonitorPath } from "../../src/qemu/sockets.ts";
import { UrgentMonitor } from "../../src/qemu/urgent-monitor.ts";

const user = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

test("commands out of band are agreed on once, and every later agent is obeyed", async () => {
  const directory = await mkdtemp(join(tmpdir(), "urgent-"));
  await UrgentMonitor.make(directory, user);
  assert.equal(UrgentMonitor.open(directory), undefined, "nobody reads it yet");
  const qemu = spawn("qemu-system-x86_64", [
    ...["-M", "none", "-nodefaults", "-display", "none", "-S"],
    ...["-chardev", `pipe,id=urgent,path=${urgentMonitorPath(directory)}`],
    ...["-mon", "chardev=urgent,mode=control"],
  ]);
  try {
    const first = await opened(directory);
    await assert.rejects(first.execute("migrate-recover", { uri: "unix:/x" }), {
      code: "qemu-failed",
    });
    await first.agree();
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await assert.rejects(first.execute("migrate-pause"), { code: "unreachable" });
    for (let agent = 0; agent < 2; agent++) {
      using next = await opened(directory);
      await assert.rejects(next.execute("migrate-recover", { uri: "unix:/x" }), {
        code: "qemu-failed",
        message: /postcopy is paused/,
      });
    }
  } finally {
    const ended = once(qemu, "exit");
    qemu.kill("SIGKILL");
    await ended;
    assert.equal(UrgentMonitor.open(directory), undefined, "nobody reads it any more");
    await rm(directory, { recursive: true });
  }
});

async function opened(directory: string): Promise<UrgentMonitor> {
  for (;;) {
    const monitor = UrgentMonitor.open(directory);
    if (monitor !== undefined) return monitor;
    await sleep(20);
  }
}
