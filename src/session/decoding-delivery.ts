/**
 * Decodes what the source told page by page (src/memory/memory-decoder.ts), for the target's QEMU. A frame counts as
 * delivered when the batches that end in it are applied: with the socket, or in the memory file.
 */
import { closeSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import { FerryError } from "../base/errors.ts";
import { MemoryDecoder } from "../memory/memory-decoder.ts";
import type { MemoryTarget } from "../memory/memory-target.ts";
import { PlacedTarget } from "../memory/placed-target.ts";
import { PlainTarget } from "../memory/plain-target.ts";
import type { Delivery } from "./delivery.ts";
import { decodingBytesMax } from "./limits.ts";
import type { MemoryDecoding } from "./memory-coding.ts";

export class DecodingDelivery implements Delivery {
  readonly #decoder: MemoryDecoder;
  readonly #memoryFile: number | undefined;
  /** Settles when everything given so far is applied. */
  #applied: Promise<void> = Promise.resolve();
  #underWayBytes = 0;

  /** @throws FerryError `system-refused` when the memory file cannot be opened */
  constructor(socket: Socket, { placed, pageCacheBytesMax, jobs }: MemoryDecoding) {
    this.#memoryFile = placed === null ? undefined : openMemory(placed.path);
    this.#decoder = new MemoryDecoder({
      target: targetFor(socket, placed?.block, this.#memoryFile),
      ...{ pageCacheBytesMax, jobs },
    });
  }

  /** Several frames at a time, so that a batch is decompressed while the one before it is applied. */
  get hasRoom(): boolean {
    return this.#underWayBytes < decodingBytesMax;
  }

  deliver(pieces: readonly Buffer[], done: (failure?: Error) => void): void {
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    this.#underWayBytes += bytes;
    this.#follow(Promise.all(pieces.map((piece) => this.#decoder.write(piece))), (failure) => {
      this.#underWayBytes -= bytes;
      done(failure);
    });
  }

  end(done: (failure?: Error) => void): void {
    this.#follow(this.#decoder.end(), done);
  }

  close(): void {
    const file = this.#memoryFile;
    // Writes under way would go to whatever file takes its number.
    void this.#decoder.stop().then(() => {
      if (file !== undefined) closeSync(file);
    });
  }

  #follow(work: Promise<unknown>, settled: (failure?: Error) => void): void {
    this.#applied = Promise.all([this.#applied, work]).then(() => {});
    this.#applied.then(
      () => settled(),
      (error: unknown) => settled(FerryError.from(error)),
    );
  }
}

function targetFor(
  socket: Socket,
  block: string | undefined,
  fd: number | undefined,
): MemoryTarget {
  const pass = (bytes: Buffer) => written(socket, bytes);
  if (block === undefined || fd === undefined) return new PlainTarget(pass);
  return new PlacedTarget({ block, fd }, pass);
}

/** Resolves when the kernel has taken the bytes for QEMU. */
function written(socket: Socket, bytes: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  return promise;
}

function openMemory(path: string): number {
  try {
    return openSync(path, "r+");
  } catch (cause) {
    throw new FerryError("system-refused", "Cannot open the guest's memory file for writing", {
      cause,
      remedy: "Let the agent run as root, or as the user of the VM's QEMU",
    });
  }
}
