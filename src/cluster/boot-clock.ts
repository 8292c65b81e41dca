/** The clock that leases are counted on: since boot, with every suspension, untouched by whoever sets the time. */
import { uptime } from "node:os";

/** Milliseconds; the same in every process of the machine. */
export function bootClockMs(): number {
  return uptime() * 1000;
}
