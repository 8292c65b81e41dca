/** Starting moves in a lab and following them to where a test wants them. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../../lab/lab.ts";
import type { StageName } from "../../src/migration/plan.ts";
import type { MigrationOptions, MigrationRecord } from "../../src/migration/record.ts";

/** A move of a small guest that takes longer, on a busy machine, is stuck. */
const moveMsMax = 180_000;

/** Asks the lab's first host, wherever the VM is. Resolves to the migration's id. */
export async function startMove(
  lab: Lab,
  vm: string,
  target: string,
  options: MigrationOptions = {},
): Promise<string> {
  const body = { vm, target, options };
  const { id } = await lab.host("host-a").api("POST /v1/migrations", { body });
  return id;
}

/** The record when the move is over, however it went. */
export async function finished(lab: Lab, id: string): Promise<MigrationRecord> {
  return await followed(lab, id, (record) => record.endedAt !== null);
}

/** The record when the move has come to a stage, with a round of memory under way if it is pre-copy. */
export async function reached(lab: Lab, id: string, stage: StageName): Promise<MigrationRecord> {
  const record = await followed(lab, id, ({ stage: now, endedAt, progress }) => {
    const sending = stage !== "memory-precopy" || (progress?.transferredBytes ?? 0) > 0;
    return endedAt !== null || (now === stage && sending);
  });
  if (record.stage === stage && record.endedAt === null) return record;
  throw new Error(`The move ${record.state} before stage ${stage}: ${record.error?.message}`);
}

/** The record when so many bytes of a disk are on the target, with more to copy. */
export async function copied(
  lab: Lab,
  id: string,
  disk: string,
  bytes: number,
): Promise<MigrationRecord> {
  const record = await followed(lab, id, ({ disks, endedAt }) => {
    const isCopied = disks.some(({ name, copiedBytes }) => name === disk && copiedBytes >= bytes);
    return endedAt !== null || isCopied;
  });
  if (record.stage === "storage-mirror" && record.endedAt === null) return record;
  throw new Error(`The move ${record.state} in stage ${record.stage}: ${record.error?.message}`);
}

/** The record when it is as wanted. */
export async function followed(
  lab: Lab,
  id: string,
  isThere: (record: MigrationRecord) => boolean,
): Promise<MigrationRecord> {
  const deadline = performance.now() + moveMsMax;
  while (performance.now() < deadline) {
    const record = await lab.host("host-a").api("GET /v1/migrations/{id}", { params: { id } });
    if (isThere(record)) return record;
    await sleep(50);
  }
  throw new Error(`The move ${id} did not get there in ${moveMsMax} ms`);
}
