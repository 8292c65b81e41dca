/**
 * Digests of a QEMU's guest memory, as the kernel's file of its address space has it. The guest stands still for it, so the
 * digest is the fastest that was found (docs/decisions/0237): GHASH with a key that only both agents know, drawn for one comparison. Two
 * memories that differ get the same one less often than once in 2^100, whatever a guest has in them.
 */
import { createCipheriv, hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { FerryError } from "../base/errors.ts";
import { pageBytes } from "./limits.ts";

export interface Stretches {
  readonly firstPage: number;
  readonly pages: number;
  readonly pagesPerDigest: number;
}

/** A file that has the guest's memory from an address on. */
export interface ReadableMemory {
  readonly file: FileHandle;
  readonly address: number;
}

export const digestKeyBytes = 16;
/** As many as the runtime reads in threads of its own. */
const atOnce = 4;

/**
 * @param key undefined: SHA-256, for a host that knows nothing else
 * @returns one digest a stretch, base64, in order
 * @throws FerryError `internal` where the memory can't be read
 */
export async function digestMemory(
  { file, address }: ReadableMemory,
  { firstPage, pages, pagesPerDigest }: Stretches,
  key: Buffer | undefined,
): Promise<string[]> {
  const digests: string[] = Array.from({ length: Math.ceil(pages / pagesPerDigest) });
  let next = 0;
  const work = async (): Promise<void> => {
    const buffer = Buffer.allocUnsafe(pagesPerDigest * pageBytes);
    for (let index = next++; index < digests.length; index = next++) {
      const page = firstPage + index * pagesPerDigest;
      const bytes = Math.min(pagesPerDigest, firstPage + pages - page) * pageBytes;
      const { bytesRead } = await file.read(buffer, 0, bytes, address + page * pageBytes);
      if (bytesRead !== bytes)
        throw new FerryError("internal", `Cannot read page ${page} of the guest's memory`);
      const stretch = buffer.subarray(0, bytes);
      digests[index] = key === undefined ? hash("sha256", stretch, "base64") : ghash(stretch, key);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, digests.length) }, work));
  return digests;
}

/** What AES-GCM says of data that it authenticates and does not encrypt. The tags prove nothing to anybody: they are compared. */
function ghash(bytes: Buffer, key: Buffer): string {
  const cipher = createCipheriv("aes-128-gcm", key, noNonce);
  cipher.setAAD(bytes);
  cipher.final();
  return cipher.getAuthTag().toString("base64");
}

/** Equal memory shall have equal tags. */
const noNonce = Buffer.alloc(12);
