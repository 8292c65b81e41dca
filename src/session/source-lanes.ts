/**
 * The source's lanes: opens each, and opens it again whenever it breaks, until told to stop. Each lane begins with
 * an address of its own, so that they are spread, and tries the next where one does not answer.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import type { Lane } from "./lane.ts";
import { connectLane } from "./lane-connector.ts";
import { reconnectFirstMs, reconnectLongestMs } from "./limits.ts";
import type { SourceSettings } from "./worker-messages.ts";

export interface SourceLanesEvents {
  admitted: (lane: Lane) => void;
  /** An attempt failed; another follows. */
  failed: (error: FerryError) => void;
}

export class SourceLanes {
  readonly #settings: SourceSettings;
  readonly #events: SourceLanesEvents;
  readonly #stop = new AbortController();
  readonly #broken = new Map<Lane, () => void>();

  constructor(settings: SourceSettings, events: SourceLanesEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  start(): void {
    for (let number = 0; number < this.#settings.lanes; number++) void this.#keepOpen(number);
  }

  /** A lane that this opened has broken. */
  broken(lane: Lane): void {
    this.#broken.get(lane)?.();
    this.#broken.delete(lane);
  }

  stop(): void {
    this.#stop.abort();
  }

  async #keepOpen(number: number): Promise<void> {
    const { addresses } = this.#settings;
    let backoffMs = reconnectFirstMs;
    for (let attempt = number; !this.#stop.signal.aborted; attempt++) {
      const address = addresses[attempt % addresses.length] ?? "";
      try {
        const broken = Promise.withResolvers<void>();
        await connectLane(this.#settings, number, address, (lane) => {
          if (this.#stop.signal.aborted) return lane.close("the session ended");
          this.#broken.set(lane, broken.resolve);
          this.#events.admitted(lane);
        });
        backoffMs = reconnectFirstMs;
        await broken.promise;
        // The address was good: the same again.
        attempt -= 1;
      } catch (error) {
        this.#events.failed(FerryError.from(error));
      }
      await sleep(backoffMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      backoffMs = Math.min(backoffMs * 2, reconnectLongestMs);
    }
  }
}
