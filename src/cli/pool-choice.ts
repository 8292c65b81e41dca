/** `--pool` and `--target-pool`: a pool for all disks, or `DISK=POOL` for one of them; may be repeated. */
import { FerryError } from "../base/errors.ts";

export interface PoolChoice {
  /** For all disks. */
  readonly all?: string;
  /** By disk, before `all`. */
  readonly each?: Readonly<Record<string, string>>;
}

/** For commander: adds what one occurrence says to what the ones before it said. */
export function choosePool(text: string, before: PoolChoice = {}): PoolChoice {
  const [first = "", pool, ...rest] = text.split("=");
  if (first === "" || pool === "" || rest.length > 0) {
    throw new FerryError("bad-input", `Cannot choose a pool by "${text}"`, {
      remedy: "Give POOL, or DISK=POOL for one disk",
    });
  }
  if (pool === undefined) return { ...before, all: first };
  return { ...before, each: { ...before.each, [first]: pool } };
}
