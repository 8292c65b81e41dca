/** Disks that move with their VM: made on the target before anything is copied, put away on the source when it is gone. */
import { open, rename, rm } from "node:fs/promises";
import { FerryError } from "../base/errors.ts";
import { lockPath } from "../storage/disk-lock.ts";
import { createImage, createOverlay } from "../storage/images.ts";
import type { PoolFile, VmDefinition } from "./definition.ts";
import { imageTool, type VmHostParts } from "./resolve.ts";

/** A disk to be made for a VM that comes to this host; where it goes and its format are in the definition. */
export interface IncomingDisk {
  /** The disk's name in the definition. */
  readonly name: string;
  /** The size the guest sees. */
  readonly virtualBytes: number;
  /** What the source's image takes on its file system: this much room is reserved. */
  readonly allocatedBytes: number;
  /** What the images that it stands on must be; absent where it stands on none. */
  readonly backing?: BackingProof;
}

/** The content of the images that a disk stands on. */
export interface BackingProof {
  /** SHA-256 in hexadecimal, in the definition's order. */
  readonly digests: string[];
  /** Their sizes together. */
  readonly bytes: number;
}

/** A kernel or medium that is sent along. */
export interface IncomingFile extends PoolFile {
  readonly bytes: number;
}

/** What is to be made for a VM that comes to this host. */
export interface IncomingStorage {
  readonly definition: VmDefinition;
  readonly disks: readonly IncomingDisk[];
  readonly files: readonly IncomingFile[];
}

/**
 * Makes empty images of the right size and format, and empty files, with room for their contents reserved. Whatever fails,
 * none is left.
 * `making` is called once it is known that no file is there and before the first is made.
 * @throws FerryError `no-space`, `already-exists`, `not-found`.
 */
export async function makeStorage(
  parts: VmHostParts,
  { definition, disks, files }: IncomingStorage,
  making: () => Promise<void>,
): Promise<void> {
  const { pools } = parts;
  const wantedFiles = await Promise.all(
    files.map(async ({ pool, file, bytes }) => ({
      ...{ path: await pools.pathForNew({ pool, file }), bytes },
    })),
  );
  const wanted = await Promise.all(
    disks.map(async ({ name, virtualBytes, allocatedBytes, backing: proof }) => {
      const { pool, file, format, backing } = diskOf(definition, name);
      const path = await pools.pathForNew({ pool, file });
      // Where the images that it would stand on are not here, their content comes too.
      const beneath = backing === undefined ? (proof?.bytes ?? 0) : 0;
      const bytes = Math.min(allocatedBytes + beneath, virtualBytes);
      return { path, format, base: backing?.[0], virtualBytes, bytes };
    }),
  );
  await pools.reservations.reserve([...wanted, ...wantedFiles]);
  try {
    await making();
  } catch (error) {
    pools.reservations.release([...wanted, ...wantedFiles].map(({ path }) => path));
    throw error;
  }
  await using made = new AsyncDisposableStack();
  const paths = [...wanted, ...wantedFiles].map(({ path }) => path);
  made.defer(() => pools.reservations.release(paths));
  for (const { path } of wantedFiles) {
    await (await open(path, "wx", 0o644)).close();
    made.defer(async () => rm(path, { force: true }));
  }
  const tool = await imageTool(parts);
  for (const { path, format, base, virtualBytes } of wanted) {
    if (base === undefined) await createImage(tool, path, format, virtualBytes);
    else {
      const beneath = { path: await pools.pathOf(base), format: base.format };
      await createOverlay(tool, path, beneath, virtualBytes);
    }
    made.defer(async () => rm(path, { force: true }));
  }
  made.move();
}

/** What was reserved for disks that are written now, or will never be. */
export async function releaseRoom(parts: VmHostParts, files: readonly PoolFile[]): Promise<void> {
  parts.pools.reservations.release(await existingPaths(parts, files));
}

/** Deletes disks with their locks. May be repeated; files that are gone are as good. */
export async function removeDisks(parts: VmHostParts, files: readonly PoolFile[]): Promise<void> {
  for (const path of await existingPaths(parts, files)) {
    parts.pools.reservations.release([path]);
    await rm(path, { force: true });
    await rm(lockPath(path), { force: true });
  }
}

/**
 * Renames disks, so that nobody starts them by mistake: `root.qcow2` becomes `root.qcow2.SUFFIX`. May be repeated.
 * `suffix` has the characters of a file name.
 */
export async function setDisksAside(
  parts: VmHostParts,
  files: readonly PoolFile[],
  suffix: string,
): Promise<void> {
  for (const path of await existingPaths(parts, files)) {
    await rename(path, `${path}.${suffix}`);
    await rm(lockPath(path), { force: true });
  }
}

async function existingPaths(parts: VmHostParts, files: readonly PoolFile[]): Promise<string[]> {
  const paths = await Promise.all(
    files.map((file) =>
      parts.pools.pathOf(file).catch((error: unknown) => {
        if (error instanceof FerryError && error.code === "not-found") return undefined;
        throw error;
      }),
    ),
  );
  return paths.filter((path) => path !== undefined);
}

function diskOf(definition: VmDefinition, name: string): VmDefinition["disks"][number] {
  const disk = definition.disks.find((candidate) => candidate.name === name);
  if (disk !== undefined) return disk;
  throw new FerryError(
    "bad-input",
    `Cannot make disk "${name}": VM "${definition.name}" has none of that name`,
  );
}
