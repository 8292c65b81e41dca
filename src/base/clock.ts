/** Wall clock in milliseconds since the epoch with microseconds as fraction, as QEMU stamps its events. */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}
