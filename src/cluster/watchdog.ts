/**
 * A watchdog device: once opened, it resets the machine unless it is written to again in time. Only the keeper of a lease that is held writes; so a
 * machine whose keeper stands still is reset, guests and all. How long it waits is the device's own setting.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { errorChain } from "../base/errors.ts";

/** The magic close: what is written last tells the device that it is closed on purpose. */
const onPurpose = "V";

export class Watchdog implements Disposable {
  readonly #path: string;
  readonly #log: (line: string) => void;
  #device: number | undefined;
  #isBroken = false;

  constructor(path: string, log: (line: string) => void) {
    this.#path = path;
    this.#log = log;
  }

  /** Begins or goes on; the machine is reset if this is not called again in time. */
  pet(): void {
    this.#write("1");
  }

  #write(text: string): void {
    try {
      this.#device ??= openSync(this.#path, "w");
      writeSync(this.#device, text);
      this.#isBroken = false;
    } catch (error) {
      if (!this.#isBroken) this.#log(`cannot use watchdog ${this.#path}: ${errorChain(error)}`);
      this.#isBroken = true;
    }
  }

  /** Stopping on purpose must not reset the machine. */
  [Symbol.dispose](): void {
    if (this.#device === undefined) return;
    this.#write(onPurpose);
    closeSync(this.#device);
    this.#device = undefined;
  }
}
