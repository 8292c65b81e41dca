import assert from "node:assert/strict";
import { test } from "node:test";
import { capacityChecks } from "./capacity-checks.ts";
import type { CapacityFacts } from "./capacity-facts.ts";
import type { CheckInput } from "./check.ts";

const GiB = 2 ** 30;
const roomy: CapacityFacts = {
  memoryPlace: { path: "/dev/shm", totalBytes: 64 * GiB, promisedBytes: 0, hugePages: "never" },
  nodes: [{ totalBytes: 64 * GiB, freeBytes: 32 * GiB }],
  ...{ threads: 16, busyVcpus: 0 },
};

/** A VM with 8 GiB and `vcpus` vCPUs. */
function found(
  target: Partial<CapacityFacts>,
  source: Partial<CapacityFacts> = {},
  vcpus = 4,
): string[] {
  const input = {
    definition: { memory: { mib: 8192 }, cpu: { sockets: 1, cores: vcpus, threads: 1 } },
    source: { host: "host-a", capacity: { ...roomy, ...source } },
    target: { host: "host-b", capacity: { ...roomy, ...target } },
  } as unknown as CheckInput;
  return capacityChecks.flatMap(({ id, look }) => look(input).map(() => id));
}

test("a roomy target passes", () => {
  assert.deepEqual(found({}), []);
});

test("memory that is promised to others is not there, to the byte", () => {
  const place = (promisedBytes: number) => ({
    memoryPlace: { ...roomy.memoryPlace, promisedBytes },
  });
  assert.deepEqual(found(place(56 * GiB)), []);
  assert.deepEqual(found(place(56 * GiB + 1)), ["memory-promised"]);
  assert.deepEqual(found(place(100 * GiB)), ["memory-promised"]);
});

test("a guest that would be spread over NUMA nodes is told, unless it was before or there is but one", () => {
  const small = { totalBytes: 16 * GiB, freeBytes: 6 * GiB };
  assert.deepEqual(found({ nodes: [small, small] }), ["memory-node"]);
  assert.deepEqual(found({ nodes: [small, { ...small, freeBytes: 8 * GiB }] }), []);
  assert.deepEqual(found({ nodes: [small] }), []);
  const tiny = { totalBytes: 4 * GiB, freeBytes: 4 * GiB };
  assert.deepEqual(found({ nodes: [small, small] }, { nodes: [tiny, tiny, tiny] }), []);
});

test("huge pages are missed where the source has them", () => {
  const huge = { memoryPlace: { ...roomy.memoryPlace, hugePages: "always" } };
  assert.deepEqual(found({}, huge), ["huge-pages"]);
  assert.deepEqual(found(huge, huge), []);
  assert.deepEqual(found(huge, {}), []);
});

test("more vCPUs than processors, and more of all guests than eight on each, are told", () => {
  assert.deepEqual(found({ threads: 4 }), []);
  assert.deepEqual(found({ threads: 3 }), ["cpu-count"]);
  assert.deepEqual(found({ busyVcpus: 124 }), []);
  assert.deepEqual(found({ busyVcpus: 125 }), ["cpu-overcommit"]);
});
