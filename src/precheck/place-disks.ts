/**
 * Which disks move with their VM and where to: those that the target does not reach, and those for which another pool is
 * named. Without a word they go to the target's pool of the same name, else to its default, else to its only pool. Pure.
 */
import type { DiskPlacement } from "../migration/record.ts";
import type { DiskDefinition } from "../vm/definition.ts";
import type { CheckInput } from "./check.ts";
import { placeBacking, wantedBytes } from "./place-backing.ts";
import { sameBytes } from "./same-bytes.ts";

export interface MovingDisk {
  readonly disk: DiskDefinition;
  /** Null when nobody named a pool and the target has none that goes without saying. */
  readonly targetPool: string | null;
}

export function movingDisks(input: CheckInput): MovingDisk[] {
  return input.definition.disks.flatMap((disk) => {
    const named = namedPool(input, disk);
    const stays = sameBytes(input, disk.pool) && (named === undefined || named === disk.pool);
    if (stays) return [];
    return [{ disk, targetPool: named ?? defaultPool(input, disk.pool) }];
  });
}

/** The disks that move and have a place; the checks say what is wrong with the others. */
export function placeDisks(input: CheckInput): DiskPlacement[] {
  return movingDisks(input).flatMap(({ disk, targetPool }) => {
    const image = input.source.images[disk.name];
    if (targetPool === null || image === undefined) return [];
    const backing = disk.backing === undefined ? null : placeBacking(input, disk, targetPool);
    return [
      {
        ...{ name: disk.name, pool: disk.pool, targetPool, virtualBytes: image.virtualBytes },
        allocatedBytes: wantedBytes(input, disk, targetPool),
        ...(backing !== null && { backing }),
      },
    ];
  });
}

function namedPool({ options }: CheckInput, { name }: DiskDefinition): string | undefined {
  return options.targetPools?.[name] ?? options.targetPool;
}

/** Where something of the source's pool `pool` goes when nobody says. */
export function defaultPool({ target }: CheckInput, pool: string): string | null {
  if (target.storage[pool] !== undefined) return pool;
  if (target.defaultDiskPool !== null) return target.defaultDiskPool;
  const pools = Object.keys(target.storage);
  return pools.length === 1 ? (pools[0] ?? null) : null;
}
