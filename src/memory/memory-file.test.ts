import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import fc from "fast-check";
import { pageBytes } from "./limits.ts";
import { MemoryFile } from "./memory-file.ts";
import { encodeDelta } from "./page-delta.ts";

const pages = 600;

interface Opened {
  readonly fd: number;
  read(): Buffer;
}

/** Where in the file the memory begins. */
const address = 3 * pageBytes;
const bytes = pages * pageBytes;
const fresh = { address, bytes, isEmpty: true };

/** A sparse file on tmpfs, which takes no room for what was never written, as memory does. */
function openMemory(t?: TestContext): Opened & { close(): void } {
  const directory = mkdtempSync("/dev/shm/ferry-memory-file-");
  const fd = openSync(join(directory, "ram"), "w+");
  ftruncateSync(fd, address + bytes);
  const close = () => {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  };
  t?.after(close);
  const read = () => {
    const all = Buffer.alloc(pages * pageBytes);
    readSync(fd, all, 0, all.length, address);
    return all;
  };
  return { fd, read, close };
}

type Step =
  | { kind: "put"; first: number; count: number; seed: number }
  | { kind: "zero"; first: number; count: number }
  | { kind: "copy"; page: number; from: number }
  | { kind: "delta"; page: number; word: number }
  | { kind: "settle" };

const aPage = fc.nat(pages - 1);
const aRun = fc.record({ first: fc.nat(pages - 101), count: fc.integer({ min: 1, max: 100 }) });
const aStep: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(aRun, fc.nat(250)).map(([run, seed]): Step => ({ kind: "put", ...run, seed })),
  aRun.map((run): Step => ({ kind: "zero", ...run })),
  fc.record({ kind: fc.constant("copy" as const), page: aPage, from: aPage }),
  fc.record({ kind: fc.constant("delta" as const), page: aPage, word: fc.nat(1023) }),
  fc.constant({ kind: "settle" as const }),
);

/** The same on a plain buffer. */
function applyToModel(model: Buffer, step: Step): void {
  const at = (page: number) => page * pageBytes;
  if (step.kind === "put") {
    for (let n = 0; n < step.count; n++) {
      model.fill(step.seed + n, at(step.first + n), at(step.first + n + 1));
    }
  } else if (step.kind === "zero") {
    model.fill(0, at(step.first), at(step.first + step.count));
  } else if (step.kind === "copy") {
    model.copy(model, at(step.page), at(step.from), at(step.from + 1));
  } else if (step.kind === "delta") {
    const word = at(step.page) + 4 * step.word;
    model.writeInt32LE(model.readInt32LE(word) ^ 0x01020304, word);
  }
}

async function applyToFile(file: MemoryFile, step: Step): Promise<void> {
  if (step.kind === "put") {
    const data = Buffer.alloc(step.count * pageBytes);
    for (let n = 0; n < step.count; n++) {
      data.fill(step.seed + n, n * pageBytes, (n + 1) * pageBytes);
    }
    file.put(step.first, data);
  } else if (step.kind === "zero") {
    await file.zero(step.first, step.count);
  } else if (step.kind === "copy") {
    file.copy(step.page, step.from);
  } else if (step.kind === "delta") {
    const after = new Int32Array(1024);
    after[step.word] = 0x01020304;
    const delta = new Uint8Array(16);
    const length = encodeDelta(new Int32Array(1024), 0, after, delta, 0, 16);
    file.applyDelta(step.page, delta.subarray(0, length));
  } else {
    await file.settle();
  }
}

test("a memory file holds what the same steps make of a buffer", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(aStep, { maxLength: 40, size: "max" }), async (steps) => {
      const memory = openMemory();
      try {
        const file = new MemoryFile(memory.fd, fresh);
        const model = Buffer.alloc(pages * pageBytes);
        for (const step of steps) {
          applyToModel(model, step);
          await applyToFile(file, step);
        }
        await file.settle();
        assert.ok(memory.read().equals(model));
      } finally {
        memory.close();
      }
    }),
    { numRuns: 30 },
  );
});

test("empty pages of a fresh file take no memory", async (t) => {
  const memory = openMemory(t);
  const file = new MemoryFile(memory.fd, fresh);
  await file.zero(0, pages);
  await file.settle();
  assert.equal(fstatSync(memory.fd).blocks, 0);
});

test("what a file held before is emptied where pages are empty", async (t) => {
  const memory = openMemory(t);
  const before = new MemoryFile(memory.fd, fresh);
  before.put(7, randomBytes(200 * pageBytes));
  await before.settle();
  const file = new MemoryFile(memory.fd, { ...fresh, isEmpty: false });
  await file.zero(0, pages);
  assert.ok(memory.read().equals(Buffer.alloc(pages * pageBytes)));
});

test("memory that ends early is refused in words", async (t) => {
  const memory = openMemory(t);
  const file = new MemoryFile(memory.fd, { ...fresh, bytes: bytes + pageBytes });
  assert.throws(() => file.copy(0, pages), {
    code: "system-refused",
    message: /^Cannot read the guest's memory at page 600: QEMU has ended, whole pages wanted$/,
  });
});
