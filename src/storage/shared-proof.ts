/**
 * Proves that two hosts' pools are the same bytes and that both may write: each writes a file that names a nonce,
 * the other reads it. Equal marker ids are no proof, since a copied directory has the same.
 */
import { randomUUID } from "node:crypto";
import { open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { FerryError } from "../base/errors.ts";
import { takeName } from "./take-name.ts";

const proofBytesMax = 4096;
const proofPrefix = ".ferry-proof-";
/** Longer than any check. */
const answerKeptMs = 60_000;

/** Writes the file `.ferry-proof-NONCE` holding `text` into the pool's directory; it replaces what is there. */
export async function writeProof(poolPath: string, nonce: string, text: string): Promise<void> {
  await replaceProof(poolPath, nonce, text, () => Promise.resolve());
}

/**
 * The other host's half: replaces the text of a proof that is there. A host that died while it asked does not remove the answer:
 * this one does, a minute later. (Written in place it could not come back, but not every FUSE mount takes that.)
 * @throws FerryError `not-found` when this host does not see it, `system-refused` when it may not write.
 */
export async function answerProof(poolPath: string, nonce: string, text: string): Promise<void> {
  await replaceProof(poolPath, nonce, text, async () => {
    if ((await readProof(poolPath, nonce)) !== undefined) return;
    throw new FerryError(
      "not-found",
      `Cannot answer a proof in "${poolPath}": this host does not see it`,
    );
  });
  setTimeout(() => {
    removeProof(poolPath, nonce).catch(() => undefined);
  }, answerKeptMs).unref();
}

/** @param isWanted Rejects when it is not, as late as that can be known. */
async function replaceProof(
  poolPath: string,
  nonce: string,
  text: string,
  isWanted: () => Promise<void>,
): Promise<void> {
  const path = proofPath(poolPath, nonce);
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = await open(draft, "wx", 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await isWanted();
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined);
    if (cause instanceof FerryError) throw cause;
    throw new FerryError("system-refused", `Cannot write into pool directory "${poolPath}"`, {
      remedy: "Mount it writable and give the agent the right to write there",
      cause,
    });
  }
}

/** `held`: the name is taken for this host too; `broken`: this host could take it a second time. */
export type NameLock = "held" | "broken";

/**
 * Whether a name that the other host has taken is taken for this one: what Ferry's locks on disks stand on. Tried both ways in
 * which those are taken (disk-lock.ts). @throws FerryError `system-refused` when neither can be tried.
 */
export async function proveExclusive(poolPath: string, nonce: string): Promise<NameLock> {
  const path = proofPath(poolPath, nonce);
  const temporary = `${path}.${randomUUID()}`;
  try {
    await (await open(temporary, "wx", 0o644)).close();
    return (await takeName(temporary, path)) ? "broken" : "held";
  } catch (cause) {
    throw new FerryError("system-refused", `Cannot try a lock in pool directory "${poolPath}"`, {
      cause,
    });
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The proof's text, or undefined when this host does not see it. */
export async function readProof(poolPath: string, nonce: string): Promise<string | undefined> {
  try {
    return (await readFile(proofPath(poolPath, nonce), "utf8")).slice(0, proofBytesMax);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new FerryError("system-refused", `Cannot read in pool directory "${poolPath}"`, {
      cause: error,
    });
  }
}

/** Removes the proof if it is there, and what a host that died while it answered left of it. */
export async function removeProof(poolPath: string, nonce: string): Promise<void> {
  await rm(proofPath(poolPath, nonce), { force: true });
  const names = await readdir(poolPath).catch(() => []);
  for (const name of names) {
    if (name.startsWith(`${proofPrefix}${nonce}.`)) await rm(join(poolPath, name), { force: true });
  }
}

/**
 * At the agent's start no check of its own is under way: removes proofs that it wrote and did not live to remove, and drafts that
 * nobody lived to fill.
 */
export async function sweepProofs(poolPath: string, written: string): Promise<void> {
  const names = await readdir(poolPath).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(proofPrefix))) {
    const path = join(poolPath, name);
    const text = await readFile(path, "utf8").catch(() => "");
    const isLeft = text === "" ? await isOld(path) : text.split("\n")[0] === written;
    if (isLeft) await rm(path, { force: true }).catch(() => undefined);
  }
}

async function isOld(path: string): Promise<boolean> {
  const changedMs = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  return Date.now() - changedMs > answerKeptMs;
}

/** A nonce comes from the peer: it must not be a path. */
function proofPath(poolPath: string, nonce: string): string {
  if (!/^[A-Za-z0-9_-]{16,64}$/.test(nonce)) {
    throw new FerryError(
      "bad-input",
      "Cannot prove a shared pool: the nonce is not 16 to 64 plain characters",
    );
  }
  return join(poolPath, `${proofPrefix}${nonce}`);
}
