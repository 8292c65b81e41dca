/** Storage pools: named directories in which disks, images and kernels live. */
import type { DatabaseSync } from "node:sqlite";
import type { PoolFile } from "../vm/definition.ts";

export interface Pool {
  readonly name: string;
  /** UUID in the directory's `.ferry-pool`; equal on every host that reaches the same directory. */
  readonly id: string;
  readonly kind: "directory";
  readonly path: string;
}

export interface PoolSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

export interface PoolEntry {
  readonly file: string;
  readonly sizeBytes: number;
  readonly allocatedBytes: number;
  readonly modifiedAt: number;
}

const pending = (): never => {
  throw new Error("not written yet");
};

export class Pools {
  constructor(_database: DatabaseSync) {}

  list(): Pool[] {
    return pending();
  }

  /** @throws FerryError `not-found`. */
  get(_name: string): Pool {
    return pending();
  }

  async add(_name: string, _path: string): Promise<Pool> {
    return pending();
  }

  /** Forgets the pool; its files stay. `usedBy`: names of VMs that use it (`LocalVms.usingPool`). */
  remove(_name: string, _usedBy: readonly string[]): void {
    pending();
  }

  async files(_name: string): Promise<PoolEntry[]> {
    return pending();
  }

  async space(_name: string): Promise<PoolSpace> {
    return pending();
  }

  /** The absolute path of an existing regular file, proven to lie in the pool. */
  async pathOf(_file: PoolFile): Promise<string> {
    return pending();
  }
}
