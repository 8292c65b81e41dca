/** Somebody starts a VM by hand, past Ferry: its images are in use, wherever the VM is. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { isFerryError, testDirectory } from "../vm/host.ts";
import { type MovingHost, twoHosts } from "./two-hosts.ts";

const run = promisify(execFile);

describe("a VM started by hand", { concurrency: false }, () => {
  let directory: Awaited<ReturnType<typeof testDirectory>>;
  let a: MovingHost;
  let b: MovingHost;
  let image: string;

  before(async () => {
    directory = await testDirectory();
    ({ a, b } = await twoHosts(directory.path));
    const disks = [{ pool: "vms", file: "root.qcow2", sizeBytes: 1 << 20 }];
    await a.host.vms.create({ name: "web01", memoryMib: 32, vnc: false, disks });
    await a.host.vms.start("web01");
    image = join(directory.path, "shared/root.qcow2");
  });

  after(async () => {
    await a?.[Symbol.asyncDispose]();
    await b?.[Symbol.asyncDispose]();
    await directory?.[Symbol.asyncDispose]();
  });

  function byHand(): ChildProcess {
    const machine = [
      "-machine",
      "q35,accel=tcg",
      "-m",
      "32",
      "-nodefaults",
      "-display",
      "none",
      "-S",
    ];
    const drive = ["-drive", `file=${image},format=qcow2,if=virtio`];
    const qemu = ["-qmp", "stdio", ...machine, ...drive];
    return spawn("qemu-system-x86_64", qemu, { stdio: ["pipe", "pipe", "pipe"] });
  }

  /** What QEMU says when it ends by itself; undefined when it greets instead. */
  async function refusal(): Promise<string | undefined> {
    const child = byHand();
    const words: Buffer[] = [];
    child.stderr?.on("data", (data: Buffer) => words.push(data));
    const ended = once(child, "exit").then(() => Buffer.concat(words).toString());
    const greeted = once(child.stdout as NodeJS.ReadableStream, "data").then(() => undefined);
    const said = await Promise.race([ended, greeted]);
    child.kill("SIGKILL");
    await ended;
    return said;
  }

  test("is refused while the VM runs, and so is qemu-img", async () => {
    assert.match((await refusal()) ?? "", /Failed to get .* lock/);
    await assert.rejects(run("qemu-img", ["convert", "-O", "raw", image, "/dev/null"]), /lock/);
  });

  test("is refused after the VM was moved, by the target's QEMU", async () => {
    const { id } = a.migrations.start({
      ...{ vm: "web01", target: b.name, options: {}, requestedBy: "test" },
    });
    assert.equal((await a.ended(id)).state, "completed");
    // The target takes the lock behind the move.
    let said = await refusal();
    while (said === undefined) {
      await sleep(100);
      said = await refusal();
    }
    assert.match(said, /Failed to get .* lock/);
  });

  test("holds the image itself: then Ferry does not start the VM, and says why", async () => {
    await b.host.vms.powerOff("web01");
    const child = byHand();
    await once(child.stdout as NodeJS.ReadableStream, "data");
    await assert.rejects(b.host.vms.start("web01"), isFerryError("in-use"));
    assert.equal(b.host.vms.get("web01").state, "stopped");
    assert.deepEqual(await b.host.traces(), []);
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.equal((await b.host.vms.start("web01")).state, "running");
  });
});
