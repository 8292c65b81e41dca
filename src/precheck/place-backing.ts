/**
 * What a disk that moves stands on, and whether it can stand on it on the target too: on images in pools that both hosts reach,
 * or on files of the same name and size in the pool that the disk goes to. Their content is compared before they are used
 * (src/migration/prove-backing.ts); where one is missing, the disk's copy takes in what it stands on. Pure.
 */
import type { BackingImage, DiskDefinition } from "../vm/definition.ts";
import type { CheckInput } from "./check.ts";
import { sameBytes } from "./same-bytes.ts";

/** The images as the target has them, or null when the copy has to be whole. */
export function placeBacking(
  input: CheckInput,
  disk: DiskDefinition,
  targetPool: string | null,
): BackingImage[] | null {
  const placed = (disk.backing ?? []).map((image) => placeImage(input, image, targetPool));
  const found = placed.filter((image) => image !== null);
  return found.length === placed.length ? found : null;
}

/** What the disk's file takes on the target, bytes. */
export function wantedBytes(
  input: CheckInput,
  disk: DiskDefinition,
  targetPool: string | null,
): number {
  const image = input.source.images[disk.name];
  const own = image?.allocatedBytes ?? 0;
  const isWhole = placeBacking(input, disk, targetPool) === null;
  return isWhole ? own + (image?.backingBytes ?? 0) : own;
}

function placeImage(
  input: CheckInput,
  image: BackingImage,
  targetPool: string | null,
): BackingImage | null {
  if (sameBytes(input, image.pool)) return image;
  if (targetPool === null) return null;
  const here = input.source.storage[image.pool]?.files[image.file];
  const there = input.target.storage[targetPool]?.files[image.file];
  return here !== undefined && here === there ? { ...image, pool: targetPool } : null;
}
