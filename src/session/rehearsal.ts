/**
 * Memory and a disk coded and decoded for nobody, in a worker that waits for its first session: V8 compiles what is hot only once it has
 * run for a while, and would else do so in the first second of a move, beside everything else that it needs processors for.
 */
import { setImmediate as turn } from "node:timers/promises";
import { DiskDecoder } from "../disk-stream/disk-decoder.ts";
import { DiskEncoder } from "../disk-stream/disk-encoder.ts";
import { write } from "../disk-stream/made-requests.ts";
import { pageBytes } from "../memory/limits.ts";
import { type MadeRecord, madeStream } from "../memory/made-stream.ts";
import { MemoryDecoder } from "../memory/memory-decoder.ts";
import { MemoryEncoder } from "../memory/memory-encoder.ts";
import { PlainTarget } from "../memory/plain-target.ts";

/** Enough for V8 to find out what is hot; a tenth of a second. */
const pages = 2_048;
const rounds = 3;
const chunkBytes = 64 * 1024;
/** As QEMU's mirror writes; a batch has several. */
const writeBytes = 1024 * 1024;
const writes = 16;

/** @param isOver asked between the parts: whether the session is here */
export async function rehearse(isOver: () => boolean): Promise<void> {
  for (let round = 0; round < rounds && !isOver(); round++) await rehearseMemory(round, isOver);
  if (!isOver()) await rehearseDisk(isOver);
}

async function rehearseMemory(round: number, isOver: () => boolean): Promise<void> {
  const stream = memoryOf(round);
  const decoder = new MemoryDecoder({
    ...{ target: new PlainTarget(async () => {}), jobs: 1 },
    pageCacheBytesMax: pages * pageBytes,
  });
  const decoded: Promise<void>[] = [];
  const encoder = new MemoryEncoder({
    ...{ target: { kind: "plain" }, pageCacheBytes: pages * pageBytes, jobs: 1 },
    send: (pieces) => {
      for (const piece of pieces) decoded.push(decoder.write(Buffer.from(piece)));
    },
    onThirst: () => {},
  });
  for (let at = 0; at < stream.length && !isOver(); at += chunkBytes) {
    encoder.write(stream.subarray(at, at + chunkBytes));
    await turn();
  }
  await encoder.end();
  await Promise.all(decoded);
}

async function rehearseDisk(isOver: () => boolean): Promise<void> {
  const decoder = new DiskDecoder({ kept: null, jobs: 1, pass: async () => {} });
  const decoded: Promise<void>[] = [];
  const encoder = new DiskEncoder({
    ...{ kept: null, jobs: 1 },
    send: (pieces) => {
      for (const piece of pieces) decoded.push(decoder.write(Buffer.from(piece)));
    },
    onThirst: () => {},
  });
  const content = Buffer.alloc(writeBytes, "what a file says, ");
  for (let number = 0; number < writes && !isOver(); number++) {
    const request = write(number * writeBytes, content);
    for (let at = 0; at < request.length; at += chunkBytes) {
      encoder.write(request.subarray(at, at + chunkBytes));
    }
    await turn();
  }
  await encoder.end();
  await Promise.all(decoded);
}

/** Text, zeros, pages that come again and pages that changed a little, as a guest has them. */
function memoryOf(round: number): Buffer {
  const records = Array.from({ length: pages }, (_, number): MadeRecord => {
    const page = number % (pages / 2);
    if (page % 4 === 0) return { block: 0, page };
    const data = Buffer.alloc(pageBytes, `record ${page % 64} of round ${round}, `);
    data.writeUInt32LE(number, (page * 16) % (pageBytes - 4));
    return { block: 0, page, data };
  });
  return madeStream({ blocks: [{ name: "pc.ram", usedBytes: pages * pageBytes }], records });
}
