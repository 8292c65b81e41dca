import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { tryCode } from "./accelerator.ts";

test("tryCode() tells a processor that does not run from a host that has no time", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "ferry-test-"));
  context.after(() => rm(directory, { recursive: true }));
  const outcome = async (body: string, limits?: { cpuSeconds: number; ms: number }) => {
    const program = join(directory, "qemu");
    await writeFile(program, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return await tryCode(program, "kvm", limits);
  };
  assert.equal(await outcome("exit 85"), "runs");
  assert.equal(await outcome("exit 1"), "fails");
  assert.equal(await outcome("while :; do :; done", { cpuSeconds: 1, ms: 600_000 }), "fails");
  assert.equal(await outcome("exec sleep 600", { cpuSeconds: 60, ms: 100 }), "no-answer");
  assert.equal(await tryCode(join(directory, "nowhere"), "kvm"), "fails");
});
