/** When a line that ended is opened again: soon at first, then at ever longer intervals, at once when there is reason to. */

const firstWaitMs = 100;
const waitMsMax = 2_000;

export class Reopening {
  readonly #open: () => void;
  #waitMs = firstWaitMs;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(open: () => void) {
    this.#open = open;
  }

  /** The line ended. */
  wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#now(), this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, waitMsMax);
  }

  /** Something tells that the VM is elsewhere, or there again. */
  hurry(): void {
    if (this.#timer === undefined) return;
    this.#waitMs = firstWaitMs;
    this.#now();
  }

  /** It works: the next end is a new one. */
  worked(): void {
    this.#waitMs = firstWaitMs;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #now(): void {
    this.stop();
    this.#open();
  }
}
