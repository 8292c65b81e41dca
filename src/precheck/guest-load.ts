/** How much memory a running guest uses and how fast it changes, as its QEMU and the kernel say; takes about a second. */
import { setTimeout as delay } from "node:timers/promises";
import { findGuestMemory } from "../qemu/guest-memory.ts";
import type { Qmp } from "../qemu/qmp.ts";
import type { VmProcess } from "../vm/vm-host.ts";
import type { GuestLoad } from "./prediction.ts";

/** The shortest that QEMU 7.2 takes. */
const measureSeconds = 1;
/** More would cost a busy host more than the answer is worth: each is read twice. */
const pagesSampled = 8192;
/** QEMU's own bounds, pages a GiB. */
const samplesMin = 128;
const samplesMax = 16_384;

export async function measureGuestLoad(
  process: VmProcess,
  memoryMib: number,
  isRunning: boolean,
): Promise<GuestLoad> {
  const wholeBytes = memoryMib * 1048576;
  const [dirtyBytesPerSecond, filled] = await Promise.all([
    isRunning ? dirtyRate(process.qmp, memoryMib) : 0,
    filledBytes(process, wholeBytes),
  ]);
  return { usedBytes: filled, dirtyBytesPerSecond };
}

/** Null where this QEMU can't say. */
async function dirtyRate(qmp: Qmp, memoryMib: number): Promise<number | null> {
  if (!(await qmp.has("calc-dirty-rate"))) return null;
  const wanted = Math.round(pagesSampled / (memoryMib / 1024));
  const samples = Math.min(samplesMax, Math.max(samplesMin, wanted));
  try {
    await qmp.execute("calc-dirty-rate", { "calc-time": measureSeconds, "sample-pages": samples });
  } catch {
    // Another check measures already: its answer is as good.
  }
  const deadline = performance.now() + measureSeconds * 3000;
  while (performance.now() < deadline) {
    await delay(100);
    const answer = await qmp.execute<{ status: string; "dirty-rate"?: number }>("query-dirty-rate");
    const rate = answer["dirty-rate"];
    if (answer.status === "measured" && rate !== undefined) return rate * 1048576;
  }
  return null;
}

/** All of it where that can't be told. */
async function filledBytes({ qmp, pid }: VmProcess, wholeBytes: number): Promise<number> {
  try {
    return (await findGuestMemory(qmp, pid, wholeBytes)).usedBytes;
  } catch {
    return wholeBytes;
  }
}
