import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCpuinfo, parseMeminfo, readHostFacts } from "./facts.ts";

test("a CPU's name, flags and count come out of /proc/cpuinfo", () => {
  const one = "vendor_id\t: AuthenticAMD\nmodel name\t: EPYC 9004\nflags\t\t: sse2 fpu svm\n";
  const text = `processor\t: 0\n${one}\nprocessor\t: 1\n${one}`;
  assert.deepEqual(parseCpuinfo(text), {
    vendor: "AuthenticAMD",
    model: "EPYC 9004",
    count: 2,
    flags: ["fpu", "sse2", "svm"],
    virtualization: "svm",
  });
  assert.equal(parseCpuinfo("flags\t: fpu\n").virtualization, null);
});

test("memory comes out of /proc/meminfo in bytes", () => {
  const text = "MemTotal:       2048 kB\nMemFree:  1 kB\nMemAvailable:   1024 kB\n";
  assert.deepEqual(parseMeminfo(text), {
    totalBytes: 2 * 1024 * 1024,
    availableBytes: 1024 * 1024,
  });
});

test("this host has a CPU and memory", async () => {
  const { cpu, memory, kernel } = await readHostFacts();
  assert.ok(cpu.count >= 1 && cpu.flags.length > 0);
  assert.ok(memory.availableBytes > 0 && memory.availableBytes <= memory.totalBytes);
  assert.match(kernel, /^\d/);
});
