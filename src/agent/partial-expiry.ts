/** Removes disks that were kept of a move that failed, when their time is over; not while a move of their VM is under way. */
import { errorChain } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Migrations } from "../migration/migrations.ts";
import type { Pools } from "../storage/pools.ts";
import { removePartialDisk } from "../vm/keep-partial.ts";

/** Kept for days: to the hour is good enough. */
const everyMs = 60 * 60 * 1000;

export interface PartialExpiryParts {
  readonly log: Log;
  readonly now: () => number;
  readonly pools: Pools;
  readonly migrations: Pick<Migrations, "running">;
}

export class PartialExpiry implements Disposable {
  readonly #parts: PartialExpiryParts;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: PartialExpiryParts) {
    this.#parts = parts;
  }

  start(): void {
    void this.removeExpired();
    this.#timer = setInterval(() => void this.removeExpired(), everyMs);
  }

  async removeExpired(): Promise<void> {
    const { pools, migrations, now, log } = this.#parts;
    const expired = pools.partialDisks.list().filter(({ expiresAt }) => expiresAt <= now());
    for (const partial of expired) {
      if (migrations.running("target").some(({ vm }) => vm.id === partial.vm)) continue;
      try {
        await removePartialDisk(pools, partial);
        log.info({ partial }, "what was kept of a move has expired");
      } catch (error) {
        log.warn({ partial, reason: errorChain(error) }, "cannot remove what was kept of a move");
      }
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
