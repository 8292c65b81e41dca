/**
 * How often a VM was started on this host of late: a guest that ends at once each time is not helped by starting it for ever. One that is given to
 * this host anew begins anew. Times are of the boot clock: setting the clock changes nothing. Pure.
 */

export const restartsMax = 3;
export const restartsWithinMs = 600_000;

export class Restarts {
  readonly #at = new Map<string, number[]>();

  /** Whether it may be started once more; then that counts. */
  count(vm: string, nowMs: number): boolean {
    const recent = (this.#at.get(vm) ?? []).filter((at) => at > nowMs - restartsWithinMs);
    if (recent.length >= restartsMax) return false;
    this.#at.set(vm, [...recent, nowMs]);
    return true;
  }

  forget(vm: string): void {
    this.#at.delete(vm);
  }
}
