/**
 * A disk that moves may stand on images that the target has already, if they are the same: both hosts hash them before anything
 * is made. Where they differ the target's disk is made whole, and what it stood on is copied into it.
 */
import { stat } from "node:fs/promises";
import { contentHash } from "../storage/content-hash.ts";
import type { PoolFile } from "../vm/definition.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { BackingProof } from "../vm/moved-disks.ts";
import type { SourceMove, TargetMove } from "./stage.ts";

/** Hashing reads so much a second even from a slow disk; what it adds to the time the other host may wait. */
const hashBytesPerMs = 20_000;

/** Source: what the target has to find in its images; undefined for a disk that is to be whole there. */
export async function proofFor(
  { vms, definition, record, signal }: SourceMove,
  name: string,
): Promise<BackingProof | undefined> {
  const { backing = [] } = definition.disks.find((disk) => disk.name === name) ?? {};
  const placed = record.current.disks.find((disk) => disk.name === name)?.backing;
  if (backing.length === 0 || placed === undefined) return undefined;
  const digests = await Promise.all(backing.map((image) => hashOf(vms, image, signal)));
  return { digests, bytes: await sumOfSizes(vms, backing) };
}

/** Target: takes away from the definition what its disks can't stand on. Answers the names of the disks made whole. */
export async function proveBacking(move: TargetMove): Promise<string[]> {
  const whole: string[] = [];
  for (const { name, backing } of move.wantedDisks) {
    const images = move.definition.disks.find((disk) => disk.name === name)?.backing ?? [];
    if (images.length === 0 || (await holds(move, images, backing?.digests))) continue;
    move.log.warn({ disk: name }, "what the disk stands on differs here; its copy will be whole");
    whole.push(name);
  }
  const disks = move.definition.disks.map(({ backing, ...disk }) => ({
    ...disk,
    ...(backing !== undefined && !whole.includes(disk.name) && { backing }),
  }));
  move.definition = { ...move.definition, disks };
  return whole;
}

/** How much longer than a setup without images to compare may take, milliseconds. */
export function proofMs(proofs: readonly (BackingProof | undefined)[]): number {
  const bytes = proofs.reduce((sum, proof) => sum + (proof?.bytes ?? 0), 0);
  return Math.ceil(bytes / hashBytesPerMs);
}

async function holds(
  { vms, signal }: TargetMove,
  images: readonly PoolFile[],
  digests: readonly string[] = [],
): Promise<boolean> {
  for (const [index, image] of images.entries()) {
    const digest = await hashOf(vms, image, signal).catch(() => undefined);
    if (digest === undefined || digest !== digests[index]) return false;
  }
  return true;
}

async function hashOf(vms: LocalVms, image: PoolFile, signal: AbortSignal): Promise<string> {
  return contentHash(await vms.pathOf(image), signal);
}

async function sumOfSizes(vms: LocalVms, images: readonly PoolFile[]): Promise<number> {
  const sizes = await Promise.all(
    images.map(async (image) => (await stat(await vms.pathOf(image))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
