/** What the guest changes of its memory while the target gets ready: how much, and what it is like. Whoever asks waits for nothing. */
import type { Log } from "../base/log.ts";
import { type SampledWrites, sampleWrites, type WriteRatios } from "../memory/sample-writes.ts";
import { readableGuestMemory } from "../qemu/guest-memory.ts";
import { measureWrittenRate } from "../qemu/written-rate.ts";
import type { VmDefinition } from "../vm/definition.ts";
import type { VmProcess } from "../vm/vm-host.ts";

export interface WrittenMemory {
  /** Each page that changes within less than a tenth of a second counts once. */
  readonly bytesPerSecond: number;
  /** Null where nothing of it was seen. */
  readonly ratios: WriteRatios | null;
}

/**
 * How much is looked at: 2 MiB takes no time that could be measured, 8 MiB takes 40 ms where two hosts have two processors. Over a way that is
 * slow, or may be, that is nothing, and writes that hardly matter over a fast one keep a move from its end.
 */
const stretches = { ofFastWay: 64, ofSlowWay: 256 } as const;
const slowBytesPerSecond = 60_000_000;
/** With the looks themselves as long as QEMU counts, and as a target takes to get ready. */
const betweenMs = 60;

export const nothingWritten: WrittenMemory = { bytesPerSecond: 0, ratios: null };

interface WritingGuest {
  readonly process: VmProcess;
  readonly definition: VmDefinition;
  readonly log: Log;
}

/**
 * The larger of what QEMU counts, which looks at more of a large guest, and of what was seen here, which looks at more of a small one. Null where
 * QEMU can't say: an old one, which the agents compress for in any case.
 */
export async function lookAtWrites(
  guest: WritingGuest,
  wayBytesPerSecond: number | null,
): Promise<WrittenMemory | null> {
  const isFast = (wayBytesPerSecond ?? 0) > slowBytesPerSecond;
  const bytes = guest.definition.memory.mib * 1048576;
  const [counted, seen] = await Promise.all([
    measureWrittenRate(guest.process.qmp),
    sampleOf(guest, bytes, isFast ? stretches.ofFastWay : stretches.ofSlowWay),
  ]);
  if (counted === null) return null;
  const changedBytes = (seen?.changed ?? 0) * bytes;
  const written = {
    bytesPerSecond: Math.max(counted, (changedBytes / betweenMs) * 1000),
    ratios: seen?.ratios ?? null,
  };
  guest.log.info({ written }, "what the guest changes of its memory");
  return written;
}

async function sampleOf(
  { process, log }: WritingGuest,
  bytes: number,
  count: number,
): Promise<SampledWrites | null> {
  try {
    const { path, address } = await readableGuestMemory(process.qmp, process.pid);
    return await sampleWrites({ path, address, bytes }, { betweenMs, stretches: count });
  } catch (error) {
    log.info({ err: error }, "the guest's memory can't be looked at");
    return null;
  }
}
