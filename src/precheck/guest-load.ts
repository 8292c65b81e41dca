/** How much memory a running guest uses and how fast it changes, as its QEMU and the kernel say; takes about a second. */
import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { digestKeyBytes, digestMemory } from "../memory/digest-memory.ts";
import { pageBytes } from "../memory/limits.ts";
import { findGuestMemory, readableGuestMemory } from "../qemu/guest-memory.ts";
import type { Qmp } from "../qemu/qmp.ts";
import type { VmProcess } from "../vm/vm-host.ts";
import type { GuestLoad } from "./prediction.ts";

/** The shortest that QEMU 7.2 takes. */
const measureSeconds = 1;
/** More would cost a busy host more than the answer is worth: each is read twice. */
const pagesSampled = 8192;
/** 16 MiB, which every guest has. */
const comparedSample = { firstPage: 0, pages: 4096, pagesPerDigest: 256 };
/** QEMU's own bounds, pages a GiB. */
const samplesMin = 128;
const samplesMax = 16_384;

export async function measureGuestLoad(
  process: VmProcess,
  memoryMib: number,
  { isRunning, compares }: { readonly isRunning: boolean; readonly compares: boolean },
): Promise<GuestLoad> {
  const wholeBytes = memoryMib * 1048576;
  const [dirtyBytesPerSecond, filled] = await Promise.all([
    isRunning ? dirtyRate(process.qmp, memoryMib) : 0,
    filledBytes(process, wholeBytes),
  ]);
  // After the other figure: hashing would take processor time of a guest that is measured.
  const compareMs = compares ? await comparisonMs(process, wholeBytes) : null;
  return { usedBytes: filled, dirtyBytesPerSecond, compareMs };
}

/** As the kernel hands a part of it out, and this host digests it; null where it can't be read. */
async function comparisonMs({ qmp, pid }: VmProcess, bytes: number): Promise<number | null> {
  try {
    const { path, address } = await readableGuestMemory(qmp, pid);
    await using file = await open(path, "r");
    const startedAt = performance.now();
    await digestMemory({ file, address }, comparedSample, randomBytes(digestKeyBytes));
    return ((performance.now() - startedAt) * bytes) / (comparedSample.pages * pageBytes);
  } catch {
    return null;
  }
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
