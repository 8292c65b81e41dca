/**
 * Images that stand on other images: qcow2 keeps in its header which one it is a difference to. Ferry opens such a file only
 * when the VM's document names it, and only in a pool: a header alone could name any file of the host.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { FerryError } from "../base/errors.ts";
import type { BackingImage, DiskDefinition } from "../vm/definition.ts";
import { backingImagesMax } from "../vm/definition.ts";
import { type ImageInfo, imageInfo, type ImageTool } from "./images.ts";
import type { Pools } from "./pools.ts";

/**
 * What an image stands on, the nearest first; empty for one that is whole.
 * @throws FerryError `unsupported` when a file of the chain lies in no pool, or its format is not qcow2 or raw.
 */
export async function findBacking(
  tool: ImageTool,
  pools: Pools,
  path: string,
  format: string,
): Promise<BackingImage[]> {
  const chain: BackingImage[] = [];
  let above = { path, info: await imageInfo(tool, path, format) };
  for (;;) {
    refuseDataFile(above.path, above.info);
    const next = backingPath(above.path, above.info);
    if (next === undefined) return chain;
    const image = await inPool(pools, above.path, next, above.info);
    if (chain.length === backingImagesMax) throw tooDeep(path);
    chain.push(image);
    const nextPath = await pools.pathOf({ pool: image.pool, file: image.file });
    above = { path: nextPath, info: await imageInfo(tool, nextPath, image.format) };
  }
}

/**
 * The paths of what a disk stands on, as its document says; the image's own header must say the same.
 * @throws FerryError `unsupported`, `conflict` when it does not.
 */
export async function resolveBacking(
  tool: ImageTool,
  pools: Pools,
  path: string,
  disk: DiskDefinition,
): Promise<string[]> {
  const wanted = disk.backing ?? [];
  const info = await imageInfo(tool, path, disk.format);
  if (wanted.length === 0) {
    refuseOther(path, info);
    return [];
  }
  const present = await findBacking(tool, pools, path, disk.format);
  if (describe(present) !== describe(wanted)) {
    throw new FerryError(
      "conflict",
      `Cannot use disk "${disk.name}": its image stands on ${describe(present)}, its definition says ${describe(wanted)}`,
      {
        remedy: `Put the right image into place, or correct "backing" of the disk: ferry vm export, then ferry vm apply`,
      },
    );
  }
  return Promise.all(wanted.map(({ pool, file }) => pools.pathOf({ pool, file })));
}

/** Whether an image that a person brings stands only on files that are theirs to bring, beside it or in a pool. */
export async function backingIsNear(tool: ImageTool, pools: Pools, path: string): Promise<boolean> {
  const places = new Set([await realpath(dirname(path)), ...pools.list().map((pool) => pool.path)]);
  let above = { path, info: await imageInfo(tool, path) };
  for (let depth = 0; depth <= backingImagesMax; depth++) {
    if (above.info.dataFile !== null) return false;
    const next = backingPath(above.path, above.info);
    if (next === undefined) return true;
    const real = await realpath(next).catch(() => next);
    if (!places.has(dirname(real)) || above.info.backingFormat === null) return false;
    above = { path: real, info: await imageInfo(tool, real, above.info.backingFormat) };
  }
  return false;
}

/** What an image's header says, as a path. */
function backingPath(path: string, { backingFile }: ImageInfo): string | undefined {
  return backingFile === null ? undefined : resolve(dirname(path), backingFile);
}

async function inPool(
  pools: Pools,
  above: string,
  path: string,
  { backingFormat }: ImageInfo,
): Promise<BackingImage> {
  const format = backingFormat;
  if (format !== "qcow2" && format !== "raw") {
    throw new FerryError(
      "unsupported",
      `Cannot use image "${above}": it stands on "${path}" of format ${format ?? "unknown"}, wanted qcow2 or raw`,
      {
        remedy: `Write the format into its header: qemu-img rebase -u -b ${path} -F FORMAT ${above}`,
      },
    );
  }
  const directory = await realpath(dirname(path)).catch(() => dirname(path));
  const pool = pools.list().find((candidate) => candidate.path === directory);
  if (pool !== undefined) {
    const file = basename(path);
    await pools.pathOf({ pool: pool.name, file });
    return { pool: pool.name, file, format };
  }
  throw new FerryError(
    "unsupported",
    `Cannot use image "${above}": it stands on "${path}", which lies in no pool of this host`,
    {
      remedy:
        "Add that directory as a pool: ferry pool create, or make the image whole: qemu-img convert -O qcow2 OLD NEW",
    },
  );
}

/** Refuses an image that would make QEMU open files nobody named. @throws FerryError `unsupported`. */
function refuseOther(path: string, info: ImageInfo): void {
  refuseDataFile(path, info);
  if (info.backingFile === null) return;
  throw new FerryError(
    "unsupported",
    `Cannot use disk "${path}": it stands on "${info.backingFile}", which its VM's definition does not name`,
    {
      remedy:
        'Make it whole: qemu-img convert -O qcow2 OLD NEW, or name the image it stands on in "backing" of the disk',
    },
  );
}

function refuseDataFile(path: string, { dataFile }: ImageInfo): void {
  if (dataFile === null) return;
  throw new FerryError(
    "unsupported",
    `Cannot use disk "${path}": its content is in another file, "${dataFile}"`,
    { remedy: "Make it whole: qemu-img convert -O qcow2 OLD NEW, then use the new file" },
  );
}

function tooDeep(path: string): FerryError {
  return new FerryError(
    "unsupported",
    `Cannot use image "${path}": it stands on more than ${backingImagesMax} others`,
    { remedy: "Shorten the chain: qemu-img commit, or qemu-img convert -O qcow2 OLD NEW" },
  );
}

function describe(images: readonly BackingImage[]): string {
  if (images.length === 0) return "nothing";
  return images.map(({ pool, file, format }) => `${pool}/${file} (${format})`).join(", ");
}
