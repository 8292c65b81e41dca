/** Moves whose link is slower than their guest writes, without waiting long for the first round. */
import { setTimeout as sleep } from "node:timers/promises";
import type { MigrationRecord } from "../src/migration/record.ts";
import type { LabHost } from "./lab-host.ts";

const fast = 30_000_000;
/** So much of the first round is left to the slow link. */
const leftBytes = 20 * 1024 ** 2;

/** Every move that leaves the host may take so many bytes per second; null: no limit. Moves under way follow. */
export async function limitBandwidth(host: LabHost, bytesPerSecond: number | null): Promise<void> {
  const { settings, generation } = await host.api("GET /v1/host/settings");
  const memoryBandwidth = { bytesPerSecond, windows: [] };
  await host.api("PUT /v1/host/settings", { body: { ...settings, memoryBandwidth }, generation });
}

/** Starts a move fast and goes on with it at `slowBytesPerSecond`; resolves to its record then. */
export async function moveThenSlowDown(
  source: LabHost,
  start: () => Promise<string>,
  slowBytesPerSecond: number,
): Promise<MigrationRecord> {
  await limitBandwidth(source, fast);
  const id = await start();
  for (;;) {
    const record = await source.api("GET /v1/migrations/{id}", { params: { id } });
    const left = record.progress?.remainingBytes ?? Number.POSITIVE_INFINITY;
    if (record.endedAt !== null) return record;
    if ((record.progress?.round ?? 0) > 0 && left < leftBytes) break;
    await sleep(50);
  }
  await limitBandwidth(source, slowBytesPerSecond);
  return await source.api("GET /v1/migrations/{id}", { params: { id } });
}
