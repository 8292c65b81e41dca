import assert from "node:assert/strict";
import { test } from "node:test";
import type { MigrationOptions } from "../migration/record.ts";
import type { DiskDefinition, VmDefinition } from "../vm/definition.ts";
import type { CheckInput, Severity } from "./check.ts";
import { diskChecks } from "./disk-checks.ts";
import type { HostFacts } from "./facts.ts";
import { placeDisks } from "./place-disks.ts";
import { placeFiles } from "./place-files.ts";
import { proofAnswer } from "./same-bytes.ts";

type Storage = HostFacts["storage"][string];

const GiB = 2 ** 30;
const roomy: Storage = { freeBytes: 100 * GiB, files: {}, writeError: null };
const image = { virtualBytes: 20 * GiB, allocatedBytes: 2 * GiB, snapshots: 0 };

function disk(name: string, more: Partial<DiskDefinition> = {}): DiskDefinition {
  const fixed = { format: "qcow2", bus: "virtio", cache: "none", readOnly: false } as const;
  return { name, pool: "local", file: `${name}.qcow2`, ...fixed, ...more };
}

const mediaSizes = { "tools.iso": 7 };

function medium(file: string): VmDefinition["cdroms"][number] {
  return { name: file, medium: { pool: "local", file } };
}

interface World {
  readonly disks?: readonly DiskDefinition[];
  readonly options?: MigrationOptions;
  readonly storage?: HostFacts["storage"];
  readonly defaultDiskPool?: string;
  /** Names of media in pool `local`. */
  readonly media?: readonly string[];
  readonly images?: HostFacts["images"];
  /** Pools that both hosts reach. */
  readonly shared?: readonly string[];
}

/** Only what these checks look at is there. */
function input(world: World): CheckInput {
  const { disks = [disk("root")], options = {}, storage = { local: roomy }, shared = [] } = world;
  const images = world.images ?? Object.fromEntries(disks.map(({ name }) => [name, image]));
  const pool = { id: "p", freeBytes: 0, proof: "", writeError: null, missing: [] };
  const pools = Object.fromEntries(shared.map((name) => [name, pool]));
  const answers = Object.fromEntries(shared.map((name) => [name, proofAnswer("host-b")]));
  return {
    definition: { name: "web01", disks, cdroms: (world.media ?? []).map(medium), kernelBoot: null },
    options,
    answers,
    source: { host: "host-a", images, pools, storage: { local: { ...roomy, files: mediaSizes } } },
    target: { host: "host-b", storage, pools, defaultDiskPool: world.defaultDiskPool ?? null },
  } as unknown as CheckInput;
}

function found(world: World, severity: Severity): string[] {
  return diskChecks.flatMap((check) =>
    check
      .look(input(world))
      .filter((trouble) => trouble.severity === severity)
      .map(() => check.id),
  );
}

function places(world: World): Record<string, string> {
  return Object.fromEntries(
    placeDisks(input(world)).map(({ name, targetPool }) => [name, targetPool]),
  );
}

test("a disk in a pool that both hosts reach stays", () => {
  assert.deepEqual(places({ shared: ["local"] }), {});
  assert.deepEqual(found({ shared: ["local"] }, "warning"), []);
});

test("a disk that the target does not reach goes to its pool of the same name, and the report says so", () => {
  const world = { storage: { local: roomy, fast: roomy } };
  assert.deepEqual(places(world), { root: "local" });
  assert.deepEqual(found(world, "warning"), ["disks-move"]);
  assert.deepEqual(found({ ...world, options: { withStorage: true } }, "warning"), []);
});

test("without a pool of that name it goes to the default or the only pool; of several none is picked", () => {
  assert.deepEqual(places({ storage: { fast: roomy } }), { root: "fast" });
  const two = { storage: { fast: roomy, slow: roomy } };
  assert.deepEqual(places({ ...two, defaultDiskPool: "slow" }), { root: "slow" });
  assert.deepEqual(places(two), {});
  assert.deepEqual(found(two, "blocking"), ["disk-place"]);
});

test("a named pool takes all disks, and one named for a disk takes that disk", () => {
  const world = {
    disks: [disk("root"), disk("data")],
    storage: { local: roomy, fast: roomy, slow: roomy },
    options: { targetPool: "fast", targetPools: { data: "slow" } },
  };
  assert.deepEqual(places(world), { root: "fast", data: "slow" });
  assert.deepEqual(places({ ...world, shared: ["local"] }), { root: "fast", data: "slow" });
});

test("disks that would not fit together are refused, though each would", () => {
  const storage = { local: { ...roomy, freeBytes: 3 * GiB } };
  assert.deepEqual(found({ storage }, "blocking"), []);
  const disks = [disk("root"), disk("data")];
  assert.deepEqual(found({ storage, disks }, "blocking"), ["disk-space"]);
});

test("a file of that name, and two disks of one name, are refused", () => {
  const storage = { local: { ...roomy, files: { "root.qcow2": 1 } } };
  assert.deepEqual(found({ storage }, "blocking"), ["disk-name-free"]);
  const twins = [disk("root", { pool: "one" }), disk("data", { pool: "two", file: "root.qcow2" })];
  assert.deepEqual(found({ disks: twins, storage: { local: roomy } }, "blocking"), [
    "disk-name-free",
  ]);
});

test("a pool that can't be written, one that is not there, and snapshots inside are refused", () => {
  const readOnly = { local: { ...roomy, writeError: "Read-only file system" } };
  assert.deepEqual(found({ storage: readOnly }, "blocking"), ["target-pool-writable"]);
  assert.deepEqual(found({ options: { targetPool: "none" } }, "blocking"), ["disk-place"]);
  const images = { root: { ...image, snapshots: 2 } };
  assert.deepEqual(found({ images }, "blocking"), ["disk-snapshots"]);
});

test("a medium that the target does not reach is copied, unless a file of that name and size is there", () => {
  const copies = (files: Record<string, number>): (boolean | undefined)[] => {
    const storage = { local: { ...roomy, files } };
    const world = { media: ["tools.iso"], storage };
    return [
      ...found(world, "blocking").map(() => undefined),
      ...placeFiles(input(world)).map(({ copy }) => copy),
    ];
  };
  assert.deepEqual(copies({}), [true]);
  assert.deepEqual(copies({ "tools.iso": 7 }), [false]);
  assert.deepEqual(copies({ "tools.iso": 8 }), [undefined, false]);
  assert.deepEqual(placeFiles(input({ media: ["tools.iso"], shared: ["local"] })), []);
});
