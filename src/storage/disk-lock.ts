/**
 * Ferry's own lock on a disk: the file `.ferry-lock-FILE` beside it, which says which VM on which host has it, and in
 * which generation. It is what stops a second host from starting a VM whose disk the first one has, on every kind of
 * shared storage, and it outlives both hosts. Not a fence: ownership (src/vm/registry.ts) decides who may run.
 */
import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import Type from "typebox";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { takeName } from "./take-name.ts";

/** Who this host is in a lock. */
export interface LockOwner {
  readonly host: string;
  /** Null before the host belongs to a domain. */
  readonly domain: string | null;
}

const DiskLock = Type.Object({
  vm: Type.String(),
  vmName: Type.String(),
  host: Type.String(),
  domain: Type.Union([Type.String(), Type.Null()]),
  generation: Type.Integer({ minimum: 1 }),
});
export type DiskLock = Type.Static<typeof DiskLock>;

/** Undefined when the disk is free. @throws FerryError `system-refused` when the lock is not readable. */
export async function readDiskLock(diskPath: string): Promise<DiskLock | undefined> {
  const path = lockPath(diskPath);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(path, error);
  }
  try {
    return Value.Parse(DiskLock, JSON.parse(text));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/**
 * Takes the lock for a VM that is about to start here. Free, or held by this host: taken. Held by another host for the
 * same VM in an older generation: taken over.
 * @throws FerryError `in-use` naming the holder.
 */
export async function acquireDiskLock(diskPath: string, wanted: DiskLock): Promise<void> {
  const path = lockPath(diskPath);
  const present = await readDiskLock(diskPath);
  if (present === undefined) {
    // Between two hosts that both saw no lock, only one link can be made.
    if (await createLock(path, wanted)) return;
    refuseHeld(diskPath, await readDiskLock(diskPath), wanted);
  }
  refuseHeld(diskPath, present, wanted);
  await replaceLock(path, wanted);
}

/** @throws FerryError `in-use` when `acquireDiskLock` would. */
export function refuseHeld(
  diskPath: string,
  present: DiskLock | undefined,
  wanted: DiskLock,
): void {
  if (present === undefined || mayTake(present, wanted)) return;
  throw new FerryError(
    "in-use",
    `Cannot use disk "${basename(diskPath)}": VM "${present.vmName}" on host "${present.host}" holds it`,
    {
      remedy: `Stop that VM or move it here; if that host is gone for good, remove ${lockPath(diskPath)}`,
      details: present,
    },
  );
}

/** After a handover: the VM is here, whatever the file says. */
export async function takeOverDiskLock(diskPath: string, lock: DiskLock): Promise<void> {
  await replaceLock(lockPath(diskPath), lock);
}

/** Removes the lock if this host holds it for this VM. */
export async function releaseDiskLock(
  diskPath: string,
  vm: string,
  owner: LockOwner,
): Promise<void> {
  const present = await readDiskLock(diskPath);
  if (present?.vm === vm && isSameHost(present, owner))
    await rm(lockPath(diskPath), { force: true });
}

function mayTake(present: DiskLock, wanted: DiskLock): boolean {
  if (isSameHost(present, wanted)) return present.vm === wanted.vm;
  return present.vm === wanted.vm && present.generation < wanted.generation;
}

/** A host that joined a domain since it took the lock is still the same host. */
function isSameHost(left: LockOwner, right: LockOwner): boolean {
  const sameDomain = left.domain === right.domain || left.domain === null;
  return left.host === right.host && sameDomain;
}

async function createLock(path: string, lock: DiskLock): Promise<boolean> {
  const temporary = await writeBeside(path, lock);
  try {
    return await takeName(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function replaceLock(path: string, lock: DiskLock): Promise<void> {
  const temporary = await writeBeside(path, lock);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const directory = await open(dirname(path), "r");
  // Not every network file system lets a directory be synchronized; the rename itself has happened.
  await directory.sync().catch(() => undefined);
  await directory.close();
}

async function writeBeside(path: string, lock: DiskLock): Promise<string> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = await open(temporary, "wx", 0o644);
    try {
      await file.writeFile(`${JSON.stringify(lock)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    return temporary;
  } catch (cause) {
    // On a full disk the name is there before it turns out that nothing fits.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new FerryError("system-refused", `Cannot write lock "${path}"`, {
      remedy: "Give the agent the right to write into the pool's directory",
      cause,
    });
  }
}

export function lockPath(diskPath: string): string {
  return join(dirname(diskPath), `.ferry-lock-${basename(diskPath)}`);
}

function unreadable(path: string, cause: unknown): FerryError {
  return new FerryError("system-refused", `Cannot read lock "${path}"`, {
    remedy: "Repair the file, or remove it if no host uses the disk",
    cause,
  });
}
