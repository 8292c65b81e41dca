/**
 * A file of a disk that an earlier attempt left on the target: looked through once for what it holds, then the source
 * refers to its blocks. Images keep a guest's clusters whole and in blocks of their own, so the file's format does not
 * matter. What is referred to is read and hashed again: nothing is used that is not what the source has.
 */
import { open, type FileHandle } from "node:fs/promises";
import { FerryError } from "../base/errors.ts";
import { BlockIndex } from "./block-index.ts";
import { blockBytes, digestBytes, digestOf } from "./disk-batch.ts";

/** 256 GiB of content: 64 MiB of digests on both hosts. What a larger disk has beyond it crosses again. */
const keptBlocksMax = 4 * 1024 * 1024;

/** The blocks of a file that hold anything: entry by entry its digest, and its number in the file. */
export interface KeptBlocks {
  readonly path: string;
  readonly digests: Uint8Array;
  readonly blocks: Uint32Array;
}

export interface ScannedBlock {
  readonly digest: Buffer;
  /** Its number in the file. */
  readonly block: number;
}

/** As many digests as a control message holds, with room: 512 KiB of them, a third more as text. */
export const blockDigestsMax = 32 * 1024;

/**
 * The blocks of a file in its order; empty ones are left out.
 * @throws FerryError `system-refused`, or the signal's reason.
 */
export async function* scanBlocks(
  path: string,
  signal: AbortSignal,
): AsyncGenerator<ScannedBlock, void, undefined> {
  await using file = await openFile(path);
  const buffer = Buffer.allocUnsafeSlow(readBytes);
  let found = 0;
  for (let start = 0; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, readBytes, start);
    for (let at = 0; at + blockBytes <= bytesRead; at += blockBytes) {
      const block = buffer.subarray(at, at + blockBytes);
      if (isEmpty(block)) continue;
      if (found++ === keptBlocksMax) return;
      yield { digest: digestOf(block), block: (start + at) / blockBytes };
    }
    if (bytesRead < blockBytes) return;
    start += bytesRead - (bytesRead % blockBytes);
  }
}

/** Some blocks are read at once; hashing between them leaves the thread to others. */
const readBytes = 8 * blockBytes;
const emptyBlock = Buffer.alloc(blockBytes);

function isEmpty(block: Buffer): boolean {
  return block.equals(emptyBlock);
}

export class KeptFile {
  readonly #path: string;
  readonly #index: BlockIndex;
  readonly #blocks: Uint32Array;
  #file: Promise<FileHandle> | undefined;

  constructor({ path, digests, blocks }: KeptBlocks) {
    this.#path = path;
    this.#index = new BlockIndex(digests);
    this.#blocks = blocks;
  }

  /** @throws FerryError `peer-protocol` for a block that is not there, `conflict` when the file has changed. */
  async read(digest: Uint8Array): Promise<Buffer> {
    const block = this.#blocks[this.#index.find(digest)];
    if (block === undefined) {
      throw new FerryError("peer-protocol", "Cannot take a reference to a block that was not kept");
    }
    this.#file ??= openFile(this.#path);
    const file = await this.#file;
    const bytes = Buffer.allocUnsafe(blockBytes);
    const { bytesRead } = await file.read(bytes, 0, blockBytes, block * blockBytes);
    const isSame =
      bytesRead === blockBytes && digestOf(bytes).compare(digest, 0, digestBytes) === 0;
    if (isSame) return bytes;
    throw new FerryError(
      "conflict",
      `Cannot use what was kept in "${this.#path}": it has changed`,
      {
        remedy: "See that nobody writes to it, or move without --resume",
      },
    );
  }

  async close(): Promise<void> {
    const file = await this.#file?.catch(() => undefined);
    await file?.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    throw new FerryError("system-refused", `Cannot read "${path}", kept of an earlier move`, {
      cause,
      remedy: "Move without --resume",
    });
  }
}
