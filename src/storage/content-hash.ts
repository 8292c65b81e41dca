/** The SHA-256 of a file's content, remembered for as long as the file is the same and was not written. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

/** Base images of one host; the oldest goes first. */
const rememberedMax = 256;
const chunkBytes = 1 << 20;
const remembered = new Map<string, string>();

/** In hexadecimal. Reads the whole file the first time: seconds a gigabyte. */
export async function contentHash(path: string, signal?: AbortSignal): Promise<string> {
  const key = await identityOf(path);
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const hash = createHash("sha256");
  const content = createReadStream(path, { highWaterMark: chunkBytes });
  await pipeline(content, hash, signal === undefined ? {} : { signal });
  const digest = hash.digest("hex");
  // One that was written meanwhile has no content that a digest could name.
  if ((await identityOf(path)) === key) remember(key, digest);
  return digest;
}

async function identityOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [path, dev, ino, size, mtimeNs, ctimeNs].join(" ");
}

function remember(key: string, digest: string): void {
  if (remembered.size >= rememberedMax) {
    const [oldest] = remembered.keys();
    if (oldest !== undefined) remembered.delete(oldest);
  }
  remembered.set(key, digest);
}
