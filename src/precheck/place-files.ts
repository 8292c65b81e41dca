/**
 * Kernels, initrds and media that lie in a pool which the target does not reach, and where they go: to where a file of that
 * name and size is already, or to where a disk of that pool would go. Pure.
 */
import type { FilePlacement } from "../migration/record.ts";
import type { PoolFile, VmDefinition } from "../vm/definition.ts";
import type { CheckInput } from "./check.ts";
import { defaultPool } from "./place-disks.ts";
import { sameBytes } from "./same-bytes.ts";

export interface MovingFile extends PoolFile {
  /** Null when the target has no pool that goes without saying. */
  readonly targetPool: string | null;
  readonly bytes: number;
  /** The size of a file of that name in the target's pool; undefined when there is none. */
  readonly presentBytes: number | undefined;
}

export function movingFiles(input: CheckInput): MovingFile[] {
  const { definition, options, source, target } = input;
  return readFilesOf(definition)
    .filter(({ pool }) => !sameBytes(input, pool))
    .map(({ pool, file }) => {
      const targetPool = defaultPool(input, pool) ?? options.targetPool ?? null;
      const there = targetPool === null ? undefined : target.storage[targetPool];
      return {
        ...{ pool, file, targetPool },
        bytes: source.storage[pool]?.files[file] ?? 0,
        presentBytes: there?.files[file],
      };
    });
}

/** Those that have a place; the checks say what is wrong with the others. */
export function placeFiles(input: CheckInput): FilePlacement[] {
  return movingFiles(input).flatMap(({ pool, file, targetPool, bytes, presentBytes }) =>
    targetPool === null || input.target.storage[targetPool] === undefined
      ? []
      : [{ pool, file, targetPool, bytes, copy: presentBytes === undefined }],
  );
}

/** The files a VM only reads: each once, however often it is named. */
function readFilesOf({ cdroms, kernelBoot }: VmDefinition): PoolFile[] {
  const named = [
    ...cdroms.map(({ medium }) => medium),
    kernelBoot?.kernel ?? null,
    kernelBoot?.initrd ?? null,
  ].filter((file) => file !== null);
  return named.filter(
    ({ pool, file }, index) =>
      named.findIndex((other) => other.pool === pool && other.file === file) === index,
  );
}
