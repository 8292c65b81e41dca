/**
 * The most that crossed the network in some tenths of a second: what the way can carry, or nearer to it than the mean of a move
 * that waited for its processors most of the time. Pure.
 */

/** Shorter, and buffers that fill are taken for a network. */
const windowMs = 250;

export class WirePeak {
  #samples: { readonly at: number; readonly bytes: number }[] = [];
  #best = 0;

  /** @returns bytes per second; 0 before a window is full */
  seen(at: number, bytes: number): number {
    this.#samples.push({ at, bytes });
    // The newest sample that is old enough begins the window.
    const start = this.#samples.findLastIndex((sample) => at - sample.at >= windowMs);
    if (start < 0) return this.#best;
    this.#samples = this.#samples.slice(start);
    const first = this.#samples[0];
    if (first !== undefined && at > first.at) {
      const rate = ((bytes - first.bytes) / (at - first.at)) * 1000;
      this.#best = Math.max(this.#best, Math.round(rate));
    }
    return this.#best;
  }
}
