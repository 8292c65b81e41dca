/** A new VM's disks: each made, imported, stood on another image, or taken as it lies in its pool. */
import { rm } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { FerryError } from "../base/errors.ts";
import { backingIsNear, findBacking, resolveBacking } from "../storage/backing.ts";
import {
  createImage,
  createOverlay,
  giveTo,
  imageInfo,
  type ImageTool,
  importImage,
} from "../storage/images.ts";
import type { BackingImage, DiskDefinition, VmDefinition } from "./definition.ts";
import type { DiskDraft } from "./draft.ts";
import { parseDefinition } from "./parse-definition.ts";
import type { VmHostParts } from "./resolve.ts";

/** The definition with what its disks stand on: as the draft says, or as the headers of images that are there say. */
export async function withBacking(
  parts: VmHostParts,
  tool: ImageTool,
  definition: VmDefinition,
  drafts: readonly DiskDraft[],
): Promise<VmDefinition> {
  const disks = await Promise.all(
    definition.disks.map(async (disk, index) => {
      const backing = await backingOf(parts, tool, disk, drafts[index]);
      return backing.length === 0 ? disk : { ...disk, backing };
    }),
  );
  // Checked once more as a whole: what was found in headers goes through the same gate.
  return parseDefinition({ ...definition, disks });
}

/** Makes what the draft says and leaves its removal in `made`. @throws FerryError; nothing is left of this disk then. */
export async function makeDisk(
  parts: VmHostParts,
  tool: ImageTool,
  disk: DiskDefinition,
  draft: DiskDraft | undefined,
  made: AsyncDisposableStack,
): Promise<void> {
  const { pools } = parts;
  const file = { pool: disk.pool, file: disk.file };
  if (isThere(draft)) {
    const path = await pools.pathOf(file);
    await giveTo(tool.user, path);
    await resolveBacking(tool, pools, path, disk);
    return;
  }
  const path = await pools.pathForNew(file);
  const [base] = disk.backing ?? [];
  if (draft?.import !== undefined) {
    const source = requireAbsolute(draft.import.path);
    const near = await backingIsNear(tool, pools, source);
    await importImage(tool, source, path, disk.format, { withBacking: near });
  } else if (base !== undefined) {
    await makeOverlay(parts, tool, path, base, draft?.sizeBytes);
  } else {
    await createImage(tool, path, disk.format, draft?.sizeBytes ?? 0);
  }
  made.defer(async () => rm(path, { force: true }));
}

async function backingOf(
  { pools }: VmHostParts,
  tool: ImageTool,
  disk: DiskDefinition,
  draft: DiskDraft | undefined,
): Promise<BackingImage[]> {
  refuseTwoSources(disk, draft);
  if (draft?.base === undefined) {
    if (!isThere(draft) || disk.format !== "qcow2") return [];
    const path = await pools.pathOf({ pool: disk.pool, file: disk.file });
    return findBacking(tool, pools, path, disk.format);
  }
  const { pool = disk.pool, file } = draft.base;
  const path = await pools.pathOf({ pool, file });
  const { format } = await imageInfo(tool, path);
  if (format !== "qcow2" && format !== "raw") {
    throw new FerryError(
      "unsupported",
      `Cannot let disk "${disk.name}" stand on "${file}": its format is ${format}, wanted qcow2 or raw`,
      { remedy: `Convert it first: qemu-img convert -O qcow2 ${path} NEW` },
    );
  }
  return [{ pool, file, format }, ...(await findBacking(tool, pools, path, format))];
}

async function makeOverlay(
  { pools }: VmHostParts,
  tool: ImageTool,
  path: string,
  base: BackingImage,
  sizeBytes: number | undefined,
): Promise<void> {
  const basePath = await pools.pathOf({ pool: base.pool, file: base.file });
  const { virtualBytes } = await imageInfo(tool, basePath, base.format);
  if (sizeBytes !== undefined && sizeBytes < virtualBytes) {
    throw new FerryError(
      "bad-input",
      `Cannot make a disk of ${sizeBytes} bytes on "${base.file}": that has ${virtualBytes}, and its end would be lost`,
      { remedy: "Leave the size out, or give a larger one" },
    );
  }
  await createOverlay(tool, path, { path: basePath, format: base.format }, sizeBytes);
}

/** Nothing is to be made: the file is in its pool. */
function isThere(draft: DiskDraft | undefined): boolean {
  return draft?.sizeBytes === undefined && draft?.import === undefined && draft?.base === undefined;
}

function refuseTwoSources(disk: DiskDefinition, draft: DiskDraft | undefined): void {
  if (draft?.import === undefined) return;
  if (draft.sizeBytes === undefined && draft.base === undefined) return;
  throw new FerryError(
    "bad-input",
    `Cannot make disk "${disk.name}": an import is given, and ${draft.base === undefined ? "a size" : "a base"} too`,
    { remedy: "Give one of the two; an imported disk has the size of its image" },
  );
}

function requireAbsolute(path: string): string {
  if (isAbsolute(path)) return path;
  throw new FerryError("bad-input", `Cannot import "${path}": the path is not absolute`, {
    remedy: "Name the image by its whole path on this host",
  });
}
