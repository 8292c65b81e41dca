/**
 * `node bench/disk-codec.ts IMAGE`: CPU seconds, all threads together, that a disk's stream costs per GB of content at either
 * end, without sockets and TLS, and what it compresses to. IMAGE is raw; `--mib 256` of it are used, spread over it; holes are not.
 */
import { open } from "node:fs/promises";
import { parseArgs } from "node:util";
import { DiskDecoder } from "../src/disk-stream/disk-decoder.ts";
import { DiskEncoder } from "../src/disk-stream/disk-encoder.ts";

const MiB = 2 ** 20;
const jobs = 2;
/** What QEMU's socket gives at a time. */
const chunkBytes = 128 * 1024;
/** A gigabit; told as often as a session tells it. */
const linkBytesPerSecond = 118e6;
const requestMagic = 0x25609513;
const writeType = 1;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { mib: { type: "string", default: "256" } },
    allowPositionals: true,
  });
  const [image] = positionals;
  if (image === undefined) throw new Error("Give a raw image: node bench/disk-codec.ts IMAGE");
  const requests = await contentOf(image, Number(values.mib));
  const bytes = requests.reduce((sum, { length }) => sum + length, 0);
  const wire: Buffer[] = [];
  const encoding = await cpuSeconds(() => encode(requests, wire));
  const decoding = await cpuSeconds(() => decode(wire));
  const wireBytes = wire.reduce((sum, { length }) => sum + length, 0);
  const perGb = (seconds: number) => ((seconds * 1e9) / bytes).toFixed(2);
  process.stdout.write(
    `${bytes} bytes become ${wireBytes} (${(wireBytes / bytes).toFixed(2)}); ` +
      `CPU seconds per GB: encode ${perGb(encoding)}, decode ${perGb(decoding)}\n`,
  );
}

/** Writes of 1 MiB as QEMU's mirror makes them, each with its header. */
async function contentOf(image: string, mib: number): Promise<Buffer[]> {
  await using file = await open(image);
  const places = Math.floor((await file.stat()).size / MiB);
  const step = Math.max(1, Math.floor(places / mib));
  const requests: Buffer[] = [];
  const header = Buffer.alloc(28);
  header.writeUInt32BE(requestMagic, 0);
  header.writeUInt16BE(writeType, 6);
  header.writeUInt32BE(MiB, 24);
  for (let place = 0; place < places && requests.length < mib; place += step) {
    const request = Buffer.alloc(header.length + MiB);
    await file.read(request, header.length, MiB, place * MiB);
    if (request.subarray(header.length).equals(Buffer.alloc(MiB))) continue;
    header.writeBigUInt64BE(BigInt(place * MiB), 16);
    header.copy(request);
    requests.push(request);
  }
  return requests;
}

async function encode(requests: readonly Buffer[], wire: Buffer[]): Promise<void> {
  let thirst = Promise.withResolvers<void>();
  const encoder = new DiskEncoder({
    ...{ kept: null, jobs },
    send: (pieces, release) => {
      for (const piece of pieces) wire.push(Buffer.from(piece));
      release?.();
    },
    onThirst: () => thirst.resolve(),
  });
  const greeting = Buffer.from([0, 0, 0, 3]);
  encoder.write(greeting);
  for (const request of requests) {
    encoder.observeLink(linkBytesPerSecond, "link");
    for (let at = 0; at < request.length; at += chunkBytes) {
      if (!encoder.isThirsty) {
        thirst = Promise.withResolvers();
        await thirst.promise;
      }
      encoder.write(request.subarray(at, at + chunkBytes));
    }
  }
  await encoder.end();
}

async function decode(wire: readonly Buffer[]): Promise<void> {
  const decoder = new DiskDecoder({ kept: null, jobs, pass: async () => {} });
  const writing: Promise<void>[] = [];
  for (const piece of wire) {
    writing.push(decoder.write(piece));
    if (writing.length > 2 * jobs) await writing.shift();
  }
  await Promise.all(writing);
  await decoder.end();
}

async function cpuSeconds(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

await main();
