/**
 * A bandwidth limit: tokens are bytes and come at the limit's rate. Taking may go into debt, which is paid off before
 * the next taking: so the average holds for frames of any size, without cutting them.
 */

/** Saved up over at most this long, so that a pause is not followed by a burst, milliseconds. */
const burstMs = 20;

export class TokenBucket {
  #bytesPerMs = Number.POSITIVE_INFINITY;
  #tokens = 0;
  #refilledAt = 0;

  /** @param bytesPerSecond 0 lifts the limit; the limit there is may be said again */
  limit(bytesPerSecond: number, now: number): void {
    const bytesPerMs = bytesPerSecond === 0 ? Number.POSITIVE_INFINITY : bytesPerSecond / 1000;
    // Saying it again must not forgive what was taken in advance.
    if (bytesPerMs === this.#bytesPerMs) return;
    this.#bytesPerMs = bytesPerMs;
    this.#tokens = 0;
    this.#refilledAt = now;
  }

  take(bytes: number, now: number): void {
    if (this.#bytesPerMs === Number.POSITIVE_INFINITY) return;
    this.#refill(now);
    this.#tokens -= bytes;
  }

  /** Milliseconds until something may be taken; 0 is now. */
  wait(now: number): number {
    if (this.#bytesPerMs === Number.POSITIVE_INFINITY) return 0;
    this.#refill(now);
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#bytesPerMs;
  }

  #refill(now: number): void {
    const earned = (now - this.#refilledAt) * this.#bytesPerMs;
    this.#tokens = Math.min(this.#tokens + earned, burstMs * this.#bytesPerMs);
    this.#refilledAt = now;
  }
}
