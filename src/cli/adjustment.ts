/** What was done to bring a guest's memory across, in words. Pure. */
import { formatDuration } from "../base/format.ts";
import type { MigrationRecord } from "../migration/record.ts";

type Adjustment = NonNullable<MigrationRecord["adjustments"]>[number];

/** What was done, as the middle of a sentence. */
export function describe({ action, value }: Adjustment): string {
  switch (action) {
    case "blackout-limit":
      return `may stand still for ${formatDuration(value ?? 0)}`;
    case "throttle":
      return `is slowed down by ${value ?? 0} %`;
    case "stop":
      return "stops for as long as the rest takes";
    case "post-copy":
      return "goes on at the target, which fetches the rest";
    case "give-up":
      return "the move is given up";
  }
}
