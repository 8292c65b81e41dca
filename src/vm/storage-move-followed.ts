/** One move of a VM's disks between pools, as it goes: keeps its record true, and carries the word that it is to end. */
import { wallClockMs } from "../base/clock.ts";
import { FerryError } from "../base/errors.ts";
import type { StorageMoveDisk, StorageMoveRecord } from "./storage-move-record.ts";

export class StorageMoveFollowed {
  readonly #vm: string;
  readonly #cancel = new AbortController();
  readonly #changed: () => void;
  #record: StorageMoveRecord;
  /** Of the disk that is copied: when it began. */
  #copyingSince = 0;

  /** @param vm its name. @param disks where each goes */
  constructor(
    vm: string,
    disks: readonly Pick<StorageMoveDisk, "name" | "pool" | "targetPool" | "totalBytes">[],
    changed: () => void,
  ) {
    this.#vm = vm;
    this.#changed = changed;
    const still = { copiedBytes: 0, rateBytesPerSecond: 0, remainingMs: null };
    this.#record = {
      state: "running",
      startedAt: wallClockMs(),
      endedAt: null,
      disks: disks.map((disk) => ({ ...disk, ...still, state: "waiting" })),
      error: null,
    };
  }

  get record(): StorageMoveRecord {
    return this.#record;
  }

  /** Aborted by a cancel, up to the moment at which a disk changes over. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  /** @throws FerryError `not-cancellable` once it is over. */
  cancel(): void {
    if (this.#record.endedAt !== null) {
      throw new FerryError(
        "not-cancellable",
        `Cannot cancel moving the disks of VM "${this.#vm}": that is ${this.#record.state}`,
        { remedy: "Disks that were moved can be moved back" },
      );
    }
    this.#record = { ...this.#record, state: "cancelling" };
    this.#cancel.abort(
      new FerryError("cancelled", `Moving the disks of VM "${this.#vm}" was cancelled`),
    );
    this.#changed();
  }

  copying(name: string): void {
    this.#copyingSince = wallClockMs();
    this.#disk(name, { state: "copying" });
    this.#changed();
  }

  copied(name: string, copiedBytes: number, totalBytes: number, isMirrored: boolean): void {
    const seconds = (wallClockMs() - this.#copyingSince) / 1000;
    const rate = seconds > 0 ? Math.round(copiedBytes / seconds) : 0;
    const rest = Math.max(0, totalBytes - copiedBytes);
    this.#disk(name, {
      ...{ state: isMirrored ? "mirrored" : "copying", copiedBytes },
      ...{ totalBytes: Math.max(totalBytes, copiedBytes), rateBytesPerSecond: rate },
      remainingMs: rate === 0 ? null : Math.round((rest / rate) * 1000),
    });
  }

  moved(name: string): void {
    this.#disk(name, { state: "moved", remainingMs: 0 });
    this.#changed();
  }

  ended(error: FerryError | undefined): void {
    const failed = error?.code === "cancelled" ? "cancelled" : "failed";
    this.#record = {
      ...this.#record,
      state: error === undefined ? "completed" : failed,
      endedAt: wallClockMs(),
      error:
        error === undefined
          ? null
          : {
              ...{ code: error.code, message: error.message },
              ...(error.remedy !== undefined && { remedy: error.remedy }),
            },
    };
    this.#changed();
  }

  #disk(name: string, change: Partial<StorageMoveDisk>): void {
    const disks = this.#record.disks.map((disk) =>
      disk.name === name ? { ...disk, ...change } : disk,
    );
    this.#record = { ...this.#record, disks };
  }
}
