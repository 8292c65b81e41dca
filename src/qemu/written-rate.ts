/** How much of its memory a running guest changes just now, by its QEMU's samples. */
import { setTimeout as delay } from "node:timers/promises";
import type { Qmp } from "./qmp.ts";

/** As long as a target takes to make its skeleton: who asks waits for nothing. */
const measureMs = 100;
const lookMs = 10;

/**
 * Bytes per second: pages changed within `measureMs`, each once. Null where QEMU can't say; those before 8.2 can't in less than a second.
 */
export async function measureWrittenRate(qmp: Qmp): Promise<number | null> {
  try {
    await qmp.execute("calc-dirty-rate", {
      "calc-time": measureMs,
      "calc-time-unit": "millisecond",
    });
    const deadline = performance.now() + measureMs * 3;
    await delay(measureMs);
    while (performance.now() < deadline) {
      const answer = await qmp.execute<{ status: string; "dirty-rate"?: number }>(
        "query-dirty-rate",
      );
      const rate = answer["dirty-rate"];
      if (answer.status === "measured" && rate !== undefined) return rate * 1048576;
      await delay(lookMs);
    }
  } catch {
    // Another measures already, or this QEMU does not know how: the move goes on without.
  }
  return null;
}
