/** Moves a real guest from QEMU to QEMU through the encoder and the decoder, as a session would carry it. */
import { once } from "node:events";
import { createWriteStream, readSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { EncoderStats } from "../../src/memory/encoder-stats.ts";
import { pageBytes } from "../../src/memory/limits.ts";
import { MemoryDecoder } from "../../src/memory/memory-decoder.ts";
import { MemoryEncoder } from "../../src/memory/memory-encoder.ts";
import { PlacedTarget } from "../../src/memory/placed-target.ts";
import { PlainTarget } from "../../src/memory/plain-target.ts";
import { guestMemoryBlock } from "../../src/qemu/guest-memory.ts";
import { type Guest, memoryMiB, withFile } from "./guest.ts";

const pageCacheBytes = 32 * 1024 * 1024;
const chunkBytes = 16 * 1024 * 1024;

export interface CarriedMove {
  readonly stats: EncoderStats;
  /** The source's stream as it came from QEMU. */
  readonly capturedPath: string;
}

/** Resolves when the source's guest is given up and the target's is loaded and paused. */
export async function carryMove(
  source: Guest,
  target: Guest,
  directory: string,
  kind: "plain" | "placed",
): Promise<CarriedMove> {
  for (const guest of [source, target]) await guest.enable("return-path", "events");
  const incoming = `${target.place}.incoming`;
  await target.execute("migrate-incoming", { uri: `unix:${incoming}` });
  const toTarget = connect(incoming);
  await once(toTarget, "connect");
  const outgoing = `${source.place}.outgoing`;
  const server = createServer().listen(outgoing);
  await once(server, "listening");
  // Slow enough for several rounds over what the guest rewrites.
  await source.execute("migrate-set-parameters", {
    "max-bandwidth": 96 * 1024 * 1024,
    "downtime-limit": 100,
  });
  const accepted = once(server, "connection") as Promise<[Socket]>;
  await source.execute("migrate", { uri: `unix:${outgoing}` });
  const [fromSource] = await accepted;
  server.close();
  const capturedPath = join(directory, `${kind}.stream`);
  const { path, address, usedBytes } = await target.memory();
  const place = { block: guestMemoryBlock, address, bytes: memoryMiB * 1024 * 1024 };
  const stats = await withFile(path, async (fd) => {
    const pass = async (bytes: Buffer) => {
      if (!toTarget.write(bytes)) await once(toTarget, "drain");
    };
    const decoder = new MemoryDecoder({
      target:
        kind === "plain"
          ? new PlainTarget(pass)
          : new PlacedTarget({ ...place, isEmpty: usedBytes === 0, fd }, pass),
      pageCacheBytesMax: pageCacheBytes,
      jobs: 2,
    });
    toTarget.on("data", (bytes: Buffer) => fromSource.write(bytes));
    return await pump(fromSource, decoder, kind, capturedPath);
  });
  toTarget.end();
  await source.migrationState("completed", "failed");
  await target.migrationState("completed", "failed");
  return { stats, capturedPath };
}

/** Until QEMU closes its socket, which it does when the return path has told it that the target is loaded. */
async function pump(
  fromSource: Socket,
  decoder: MemoryDecoder,
  kind: "plain" | "placed",
  capturedPath: string,
): Promise<EncoderStats> {
  const captured = createWriteStream(capturedPath);
  let applied: Promise<void> = Promise.resolve();
  const encoder = new MemoryEncoder({
    target: kind === "plain" ? { kind } : { kind, block: guestMemoryBlock },
    pageCacheBytes,
    jobs: 2,
    send: (pieces) => {
      applied = Promise.all([applied, ...pieces.map((piece) => decoder.write(piece))]).then(
        () => {},
      );
      applied.catch((error: unknown) => fromSource.destroy(error as Error));
    },
    onThirst: () => fromSource.resume(),
  });
  fromSource.on("data", (chunk: Buffer) => {
    captured.write(chunk);
    encoder.write(chunk);
    if (!encoder.isThirsty) fromSource.pause();
    setImmediate(() => encoder.flush());
  });
  await once(fromSource, "end");
  await encoder.end();
  await applied;
  await decoder.end();
  captured.end();
  await once(captured, "close");
  return encoder.stats;
}

/** How many pages of a stopped guest's memory are not as in `expected`. */
export async function differingPages(guest: Guest, expected: Buffer): Promise<number> {
  const { path, address } = await guest.memory();
  return await withFile(path, async (fd) => {
    const found = Buffer.alloc(expected.length);
    for (let at = 0; at < found.length; at += chunkBytes) {
      readSync(fd, found, at, Math.min(chunkBytes, found.length - at), address + at);
    }
    let differing = 0;
    for (let at = 0; at < found.length; at += pageBytes) {
      const end = at + pageBytes;
      if (!found.subarray(at, end).equals(expected.subarray(at, end))) differing++;
    }
    return differing;
  });
}
