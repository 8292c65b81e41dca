/**
 * Room promised to disks that are still growing: what a move has announced and not written yet. Without it two moves
 * would both count the same free bytes and both fail half-way. Kept in memory: a move does not outlive the agent before
 * its handover, and after it the disk is written already.
 */
import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { FerryError } from "../base/errors.ts";
import { formatBytes } from "../base/format.ts";

interface Reservation {
  /** The file system: pools may share one. */
  readonly device: number;
  readonly bytes: number;
}

export interface WantedRoom {
  /** Absolute; the file need not exist, its directory must. */
  readonly path: string;
  readonly bytes: number;
}

export class Reservations {
  readonly #byPath = new Map<string, Reservation>();

  /**
   * Reserves room for all files together, or for none. Hold the result until the files are written, then release it.
   * @throws FerryError `no-space` naming what is free and what is wanted.
   */
  async reserve(wanted: readonly WantedRoom[]): Promise<void> {
    const devices = new Map<number, string>();
    for (const { path, bytes } of wanted) {
      const { dev } = await stat(dirname(path));
      devices.set(dev, dirname(path));
      this.#byPath.set(path, { device: dev, bytes });
    }
    try {
      // Ours are in the sum: of two moves that ask at once, neither counts on the other's room.
      for (const [device, directory] of devices) await this.#requireRoom(device, directory);
    } catch (error) {
      this.release(wanted.map(({ path }) => path));
      throw error;
    }
  }

  release(paths: readonly string[]): void {
    for (const path of paths) this.#byPath.delete(path);
  }

  /** What room is held for now. */
  get paths(): string[] {
    return [...this.#byPath.keys()];
  }

  /** Bytes promised and not written yet on the file system of a directory. */
  async outstanding(directory: string): Promise<number> {
    const { dev } = await stat(directory);
    return this.#outstandingOn(dev);
  }

  async #outstandingOn(device: number): Promise<number> {
    const open = [...this.#byPath].filter(([, reservation]) => reservation.device === device);
    const rests = await Promise.all(
      open.map(async ([path, { bytes }]) => Math.max(0, bytes - (await allocatedBytes(path)))),
    );
    return rests.reduce((sum, rest) => sum + rest, 0);
  }

  async #requireRoom(device: number, directory: string): Promise<void> {
    const wanted = await this.#outstandingOn(device);
    const { bsize, bavail } = await statfs(directory);
    const free = bsize * bavail;
    if (wanted <= free) return;
    throw new FerryError(
      "no-space",
      `Cannot take disks into "${directory}": ${formatBytes(free)} are free, ${formatBytes(wanted)} wanted by all moves`,
      { remedy: "Make room there, or choose another pool: --target-pool" },
    );
  }
}

async function allocatedBytes(path: string): Promise<number> {
  const status = await stat(path).catch(() => undefined);
  return status === undefined ? 0 : status.blocks * 512;
}
