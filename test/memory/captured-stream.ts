/** What a captured stream of QEMU's says, read again from its beginning. */
import { createReadStream } from "node:fs";
import { pageBytes } from "../../src/memory/limits.ts";
import { RamStreamParser } from "../../src/memory/ram-stream-parser.ts";
import { RamStreamWriter } from "../../src/memory/ram-stream-writer.ts";

export interface Replay {
  /** The guest's memory as the stream leaves it: the stream's first block. */
  readonly memory: Buffer;
  /** Whether the stream comes out byte for byte when it is taken apart and made again. */
  readonly isMadeAgain: boolean;
}

export async function replay(path: string, memoryBytes: number): Promise<Replay> {
  const memory = Buffer.alloc(memoryBytes);
  const made: Buffer[] = [];
  const writer = new RamStreamWriter(async (bytes) => void made.push(bytes));
  let steps: Array<() => Promise<void>> = [];
  const parser = new RamStreamParser({
    bytes: (source, start, end) => {
      const copy = Buffer.from(source.subarray(start, end));
      steps.push(() => writer.bytes(copy));
    },
    machine: (name) => void steps.push(() => writer.machine(Buffer.from(name, "latin1"))),
    blocks: (blocks) => void steps.push(() => writer.blocks(blocks)),
    zero: (block, page) => {
      if (block === 0) memory.fill(0, page * pageBytes, (page + 1) * pageBytes);
      steps.push(() => writer.zeros(block, page, 1));
    },
    page: (block, page, source, start) => {
      const copy = Buffer.from(source.subarray(start, start + pageBytes));
      if (block === 0) copy.copy(memory, page * pageBytes);
      steps.push(async () => {
        if (!writer.hasRoom) await writer.flush();
        writer.page(block, page, copy, 0);
      });
    },
    memoryEnded: () => {},
    notUnderstood: () => {},
  });
  let isMadeAgain = true;
  let ahead = Buffer.alloc(0);
  const compare = async (chunk: Buffer) => {
    for (const step of steps) await step();
    steps = [];
    await writer.flush();
    const output = Buffer.concat(made.splice(0));
    ahead = Buffer.concat([ahead, chunk]);
    isMadeAgain &&= ahead.subarray(0, output.length).equals(output);
    ahead = ahead.subarray(output.length);
  };
  const chunks = createReadStream(path, { highWaterMark: 65_536 }) as AsyncIterable<Buffer>;
  for await (const chunk of chunks) {
    parser.push(chunk);
    await compare(chunk);
  }
  parser.end();
  await compare(Buffer.alloc(0));
  return { memory, isMadeAgain: isMadeAgain && ahead.length === 0 };
}
