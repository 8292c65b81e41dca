/**
 * Disks of a move that failed, kept for the next attempt instead of removed. The row is written before the file is renamed:
 * a crash between the two leaves a row whose file is still under the disk's name, and keeping it again goes on from there.
 */
import { rename, rm, stat } from "node:fs/promises";
import { lockPath } from "../storage/disk-lock.ts";
import type { PartialDisk } from "../storage/partial-disks.ts";
import { poolPath } from "../storage/pool-path.ts";
import type { Pools } from "../storage/pools.ts";

/** A disk that a move is making here, with what becomes of it when the move fails. */
export interface KeepableDisk extends Omit<PartialDisk, "keptAt" | "expiresAt"> {
  /** The disk's own name while it is made. */
  readonly madeFile: string;
}

/** Over a weekend, and until somebody had a look; then the room is somebody else's. */
const keptMs = 3 * 24 * 60 * 60 * 1000;

/** Keeps the disks, of two attempts at one the one that got further. No QEMU may have them open. May be repeated. */
export async function keepPartialDisks(
  pools: Pools,
  disks: readonly KeepableDisk[],
  now: number,
): Promise<void> {
  for (const { madeFile, ...disk } of disks) {
    const made = poolPath(pools.get(disk.pool).path, madeFile);
    pools.reservations.release([made]);
    await rm(lockPath(made), { force: true });
    const bytes = await allocatedBytes(made);
    if (bytes === undefined) continue;
    const others = pools.partialDisks
      .list(disk.vm)
      .filter((other) => other.disk === disk.disk && other.migration !== disk.migration);
    const sizes = await Promise.all(others.map(async (other) => partialBytes(pools, other)));
    if (bytes <= Math.max(0, ...sizes)) {
      await rm(made, { force: true });
      continue;
    }
    pools.partialDisks.add({ ...disk, keptAt: now, expiresAt: now + keptMs });
    await rename(made, poolPath(pools.get(disk.pool).path, disk.file));
    for (const other of others) await removePartialDisk(pools, other);
  }
}

/** The file and its row; may be repeated. */
export async function removePartialDisk(pools: Pools, partial: PartialDisk): Promise<void> {
  const pool = pools.find(partial.pool);
  if (pool !== undefined) {
    await pools.verify(pool);
    await rm(poolPath(pool.path, partial.file), { force: true });
  }
  pools.partialDisks.remove(partial);
}

/** What it takes on its file system; 0 when it is gone. */
export async function partialBytes(
  pools: Pools,
  { pool: name, file }: PartialDisk,
): Promise<number> {
  const pool = pools.find(name);
  return pool === undefined ? 0 : ((await allocatedBytes(poolPath(pool.path, file))) ?? 0);
}

async function allocatedBytes(path: string): Promise<number | undefined> {
  const status = await stat(path).catch(() => undefined);
  return status === undefined ? undefined : status.blocks * 512;
}
