/**
 * With `npm run test:disks`: a large disk that is mostly holes costs what is used of it, on the wire and on the target's file
 * system, and its content is the same.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { testDirectory } from "../vm/host.ts";
import { allocatedBytes, hostsApart, placeAll, sameContent } from "./apart.ts";

const run = promisify(execFile);
const MiB = 2 ** 20;
const GiB = 2 ** 30;
const usedMib = 200;
const memoryMib = 32;
/** Of images' own tables, frames and the memory that crosses beside it. */
const overhead = 1.05;

test("a disk of 20 GB with 200 MB used moves as 200 MB, qcow2 and raw", async (t) => {
  await using directory = await testDirectory();
  const apart = await hostsApart(directory.path);
  const { a, b } = apart;
  await using _a = a;
  await using _b = b;
  const disks = [
    { name: "root", pool: "local", file: "root.qcow2", sizeBytes: 20 * GiB },
    { name: "data", pool: "local", file: "data.raw", format: "raw" as const, sizeBytes: 20 * GiB },
  ];
  await a.host.vms.create({ name: "web01", memoryMib, vnc: false, disks });
  // Nothing that compresses, in pieces all over the disk.
  const content = join(directory.path, "content");
  await writeFile(content, randomBytes((usedMib / 4) * MiB));
  for (const { file } of disks) {
    const format = file.endsWith("raw") ? "raw" : "qcow2";
    const writes = [0, 5, 11, 19].flatMap((at) => [
      ...["-c", `write -q -s ${content} ${at}G ${(usedMib / 4) * MiB}`],
    ]);
    await run("qemu-io", ["-f", format, ...writes, apart.path(a, file)]);
  }
  await a.host.vms.start("web01");
  const placements = await placeAll(apart, a, "web01");
  const request = { vm: "web01", target: b.name, options: { keepSourceDisks: true } };
  const id = a.migrations.start({ ...request, requestedBy: "test", disks: placements }).id;
  const record = await a.over(id);
  assert.equal(record.error, null);
  const used = 2 * usedMib * MiB;
  const wireBytesMax = (used + memoryMib * MiB) * overhead;
  t.diagnostic(`${record.wireBytes} bytes on the wire for ${used} used`);
  assert.ok(record.wireBytes < wireBytesMax, `${record.wireBytes} bytes on the wire`);
  const kept = (await apart.files(a)).filter((file) => file.includes(".moved-to-"));
  assert.equal(kept.length, 2);
  for (const { file } of disks) {
    const there = apart.path(b, file);
    const allocated = await allocatedBytes(there);
    assert.ok(allocated < usedMib * MiB * overhead, `${file} takes ${allocated} bytes`);
    const before = kept.find((name) => name.startsWith(file)) ?? "";
    const format = file.endsWith("raw") ? "raw" : "qcow2";
    assert.ok(await sameContent(format, apart.path(a, before), there));
  }
});
