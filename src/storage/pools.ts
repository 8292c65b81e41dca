/** Storage pools: named directories in which disks, images and kernels live. */
import { lstat, readdir, realpath, stat, statfs } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { FerryError } from "../base/errors.ts";
import type { PoolFile } from "../vm/definition.ts";
import { readMarker, readOrCreateMarker } from "./pool-marker.ts";
import { existingDirectory, existingFile, poolPath } from "./pool-path.ts";
import { PartialDisks } from "./partial-disks.ts";
import { Reservations } from "./reservations.ts";
import type { ShareMounts } from "./share-mounts.ts";
import { type PoolSpace, ShareReach } from "./share-reach.ts";
import type { Share, ShareKind } from "./share.ts";

export interface Pool {
  readonly name: string;
  /** UUID in the directory's `.ferry-pool`; equal on every host that reaches the same directory. */
  readonly id: string;
  readonly kind: "directory" | ShareKind;
  readonly path: string;
  /** What the agent mounts at `path`; absent for a directory that is somebody else's to mount. */
  readonly share?: Share;
}

interface PoolRow {
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly share: string | null;
}

export interface PoolEntry {
  readonly file: string;
  readonly sizeBytes: number;
  readonly allocatedBytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** A directory with more entries is not a pool but a mistake. */
const entriesMax = 10_000;

export class Pools {
  /** Room promised to disks that moves are bringing here. */
  readonly reservations = new Reservations();
  /** What moves that failed have left here on request. */
  readonly partialDisks: PartialDisks;
  readonly #database: DatabaseSync;
  readonly #shares: ShareMounts | undefined;
  readonly #reach = new ShareReach();

  /** @param shares Mounts the shares of pools that are one; a host without it has directories only. */
  constructor(database: DatabaseSync, shares?: ShareMounts) {
    this.#database = database;
    this.#shares = shares;
    this.partialDisks = new PartialDisks(database);
  }

  list(): Pool[] {
    const rows = this.#database
      .prepare("SELECT name, id, path, share FROM pools ORDER BY name")
      .all();
    return rows.map((row) => fromRow(row as unknown as PoolRow));
  }

  /** @throws FerryError `not-found`. */
  get(name: string): Pool {
    const pool = this.find(name);
    if (pool !== undefined) return pool;
    throw new FerryError("not-found", `Cannot find pool "${name}" on this host`, {
      remedy: "List the pools with: ferry pool list; add it with: ferry pool create",
    });
  }

  find(name: string): Pool | undefined {
    const row = this.#database
      .prepare("SELECT name, id, path, share FROM pools WHERE name = ?")
      .get(name);
    return row === undefined ? undefined : fromRow(row as unknown as PoolRow);
  }

  /** @throws FerryError `bad-input`, `already-exists`, `system-refused`. */
  async add(name: string, path: string): Promise<Pool> {
    const directory = await requireDirectory(path);
    this.#refuseTaken(name, directory);
    const id = await readOrCreateMarker(directory);
    return this.#insert({ name, id, kind: "directory", path: directory });
  }

  /**
   * Mounts a share and makes it a pool; when it can't be one, nothing of it stays.
   * @param password Of the SMB user.
   * @throws FerryError `already-exists`, `system-refused`, `missing-program`, `timeout`.
   */
  async addShare(name: string, share: Share, password?: string): Promise<Pool> {
    const shares = this.#mounts();
    const path = shares.directoryOf(name);
    this.#refuseTaken(name, path);
    await shares.keepPassword(name, share, password);
    try {
      await shares.ensure(name, share);
      const id = await readOrCreateMarker(path);
      return this.#insert({ name, id, kind: share.kind, path, share });
    } catch (error) {
      await shares.remove(name);
      throw error;
    }
  }

  /** Mounts what is not mounted, such as after the machine's start. Resolves to the pools that are still away. */
  async mountAll(): Promise<{ pool: string; error: unknown }[]> {
    const tried = this.list().map(async ({ name, share }) => {
      if (share === undefined) return [];
      return await this.#mounts()
        .ensure(name, share)
        .then(() => [])
        .catch((error: unknown) => [{ pool: name, error }]);
    });
    return (await Promise.all(tried)).flat();
  }

  #insert(pool: Pool): Pool {
    this.#refuseTaken(pool.name, pool.path);
    const { name, id, kind, path, share } = pool;
    this.#database
      .prepare("INSERT INTO pools (name, id, kind, path, share) VALUES (?, ?, ?, ?, ?)")
      .run(name, id, kind, path, share === undefined ? null : JSON.stringify(share));
    return pool;
  }

  #mounts(): ShareMounts {
    if (this.#shares === undefined) throw new Error("this host mounts no shares");
    return this.#shares;
  }

  /**
   * Forgets the pool; its files stay. `usedBy`: names of VMs that use it (`LocalVms.usingPool`).
   * @throws FerryError `not-found`, `in-use`.
   */
  async remove(name: string, usedBy: readonly string[]): Promise<void> {
    const { share } = this.get(name);
    if (usedBy.length > 0) {
      throw new FerryError(
        "in-use",
        `Cannot remove pool "${name}": VMs use it: ${usedBy.join(", ")}`,
        {
          remedy: "Delete those VMs or move their disks first",
        },
      );
    }
    if (share !== undefined) await this.#mounts().remove(name);
    this.#database.prepare("DELETE FROM pools WHERE name = ?").run(name);
  }

  /** The pool's plain files, by name; hidden ones are Ferry's own. */
  async files(name: string): Promise<PoolEntry[]> {
    const { path } = await this.reach(name);
    const names = (await readdir(path))
      .filter((file) => !file.startsWith("."))
      .slice(0, entriesMax);
    const entries = await Promise.all(
      names.map(async (file) => ({
        file,
        status: await lstat(join(path, file)).catch(() => undefined),
      })),
    );
    return entries
      .flatMap(({ file, status }) =>
        status?.isFile() === true
          ? [
              {
                file,
                sizeBytes: status.size,
                allocatedBytes: status.blocks * 512,
                modifiedAt: status.mtimeMs,
              },
            ]
          : [],
      )
      .sort((left, right) => left.file.localeCompare(right.file));
  }

  async space(name: string): Promise<PoolSpace> {
    const { path, space } = await this.reach(name);
    if (space !== undefined) return space;
    const { bsize, blocks, bavail } = await statfs(path);
    return { totalBytes: bsize * blocks, freeBytes: bsize * bavail };
  }

  /**
   * The absolute path of an existing regular file, proven to lie in the pool.
   * @throws FerryError `not-found`, `bad-input`; `system-refused` when another directory is mounted there now.
   */
  async pathOf({ pool: name, file }: PoolFile): Promise<string> {
    const pool = this.get(name);
    await this.verify(pool);
    return existingFile(pool.path, file, name);
  }

  /** Likewise of a directory in the pool. @throws FerryError `not-found`, `bad-input`, `system-refused`. */
  async directoryOf({ pool: name, file }: PoolFile): Promise<string> {
    const pool = this.get(name);
    await this.verify(pool);
    return existingDirectory(pool.path, file, name);
  }

  /** Where a new file would go. @throws FerryError `already-exists` when there is one. */
  async pathForNew({ pool: name, file }: PoolFile): Promise<string> {
    const pool = this.get(name);
    await this.verify(pool);
    const path = poolPath(pool.path, file);
    if ((await lstat(path).catch(() => undefined)) === undefined) return path;
    throw new FerryError(
      "already-exists",
      `Cannot create file "${file}" in pool "${name}": it exists`,
      {
        remedy: "Choose another name, or use the existing file as the disk",
      },
    );
  }

  /**
   * The pool's directory, mounted now and answering, and of a share its space; nothing is said of what it holds (`verify`).
   * @throws FerryError `not-found`; `timeout`, `system-refused`, `missing-program` when its share is away.
   */
  async reach(name: string): Promise<{ path: string; space: PoolSpace | undefined }> {
    const pool = this.get(name);
    if (pool.share !== undefined) await this.#mounts().ensureSoon(name, pool.share);
    return { path: pool.path, space: await this.#reach.require(name, pool.path) };
  }

  /** An unmounted share leaves an empty directory behind: without the marker nothing in it is believed. */
  async verify(pool: Pool): Promise<void> {
    await this.reach(pool.name);
    if ((await readMarker(pool.path)) === pool.id) return;
    throw new FerryError(
      "system-refused",
      `Cannot use pool "${pool.name}": ${pool.path} no longer holds its marker`,
      {
        remedy:
          "See whether its file system is mounted; otherwise remove the pool and add it again",
      },
    );
  }

  #refuseTaken(name: string, path: string): void {
    const taken = this.list().find((pool) => pool.name === name || pool.path === path);
    if (taken === undefined) return;
    throw new FerryError(
      "already-exists",
      `Cannot add pool "${name}": pool "${taken.name}" is ${taken.path}`,
      {
        remedy: "Use that pool, or remove it first",
      },
    );
  }
}

function fromRow({ name, id, path, share: text }: PoolRow): Pool {
  if (text === null) return { name, id, kind: "directory", path };
  const share = JSON.parse(text) as Share;
  return { name, id, kind: share.kind, path, share };
}

async function requireDirectory(path: string): Promise<string> {
  const resolved = isAbsolute(path) ? await realpath(path).catch(() => undefined) : undefined;
  if (resolved !== undefined && (await stat(resolved)).isDirectory()) return resolved;
  throw new FerryError(
    "bad-input",
    `Cannot add a pool at "${path}": it is not the absolute path of a directory`,
    {
      remedy: "Create the directory, or correct the path",
    },
  );
}
