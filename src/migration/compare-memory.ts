/**
 * Compares the guest's memory on both hosts while both copies stand still: the proof that a move lost nothing. Each agent
 * reads its QEMU's memory and hashes it; only digests cross the session. First whole stretches, then the pages of
 * those that differ. The guest waits for it, and so it ends as soon as it is seen not to fit the time there is.
 */
import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import {
  digestKeyBytes,
  digestMemory,
  type ReadableMemory,
  type Stretches,
} from "../memory/digest-memory.ts";
import { pageBytes } from "../memory/limits.ts";
import { readableGuestMemory } from "../qemu/guest-memory.ts";
import type { VmProcess } from "../vm/vm-host.ts";
import { comparisonMs, mayFit, nextBatch } from "./comparison-pace.ts";
import { stepMsMax } from "./limits.ts";
import { sessionOf, skeletonOf } from "./past-setup.ts";
import type { MemoryComparison } from "./blackout-record.ts";
import type { SourceMove, TargetMove } from "./stage.ts";

/** 1 MiB a digest: few digests for a guest that is the same on both sides. */
const pagesPerStretch = 256;
/** Digests of one message: stays well below the control message limit. */
const digestsMax = 4096;
/** Agents that speak a version before this one know only SHA-256. */
const versionWithKeys = 3;

/**
 * Source: all of this QEMU's memory against the target's, until a stretch differs or more than `allowedMs` is needed.
 *
 * @returns the comparison, and how many pages of 4 KiB differ in the stretches that were compared last
 */
export async function compareMemory(
  move: SourceMove,
  allowedMs: number,
): Promise<MemoryComparison & { readonly differingPages: number }> {
  const pagesTotal = guestPages(move);
  const stretches = Math.ceil(pagesTotal / pagesPerStretch);
  const { roundTripMs } = await sessionOf(move).stats();
  const memory = await openMemory(move.process);
  await using _ = memory.file;
  const key = sessionOf(move).version >= versionWithKeys ? randomBytes(digestKeyBytes) : undefined;
  const differ = (firstPage: number, pages: number, pagesPerDigest: number) =>
    differences(move, memory, { firstPage, pages, pagesPerDigest }, key);
  const startedAt = performance.now();
  let done = { stretches: 0, batches: 0, tookMs: 0 };
  let wholeMs = 0;
  let differingPages = 0;
  do {
    const first = done.stretches * pagesPerStretch;
    const count = Math.min(nextBatch(done.batches), stretches - done.stretches);
    const pages = Math.min(count * pagesPerStretch, pagesTotal - first);
    for (const index of await differ(first, pages, pagesPerStretch)) {
      const start = first + index * pagesPerStretch;
      const inside = await differ(start, Math.min(pagesPerStretch, pagesTotal - start), 1);
      differingPages += inside.length;
    }
    done = {
      stretches: done.stretches + count,
      batches: done.batches + 1,
      tookMs: performance.now() - startedAt,
    };
    wholeMs = comparisonMs(done, stretches, roundTripMs);
    if (differingPages > 0 || !mayFit(wholeMs, done.batches, allowedMs)) break;
  } while (done.stretches < stretches);
  return {
    isWhole: done.stretches >= stretches,
    comparedBytes: Math.min(done.stretches * pagesPerStretch, pagesTotal) * pageBytes,
    tookMs: Math.round(done.tookMs),
    wholeMs: Math.round(wholeMs),
    differingPages,
  };
}

/** Indices of the digests that differ. */
async function differences(
  move: SourceMove,
  memory: ReadableMemory,
  stretches: Stretches,
  key: Buffer | undefined,
): Promise<number[]> {
  const session = sessionOf(move);
  const asked = key === undefined ? {} : { key: key.toString("base64") };
  session.send({ type: "digest-request", ...stretches, ...asked });
  const [here, there] = await Promise.all([
    digestMemory(memory, stretches, key),
    session.receive("digests", { timeoutMs: stepMsMax(move.limits) }),
  ]);
  return here.flatMap((value, index) => (value === there.digests[index] ? [] : [index]));
}

/** Target: answers the source's requests until the session ends; each is bounded by the VM's memory. */
export function answerDigests(move: TargetMove): void {
  const pagesTotal = guestPages(move);
  let opened: Promise<OpenMemory> | undefined;
  const answer = async (stretches: Stretches, key: string | undefined): Promise<void> => {
    opened ??= openMemory(skeletonOf(move));
    const bytes = key === undefined ? undefined : Buffer.from(key, "base64");
    const digests = await digestMemory(await opened, stretches, bytes);
    move.session.send({ type: "digests", digests });
  };
  const end = (): void => {
    detach();
    unlisten();
    opened?.then(({ file }) => file.close()).catch(() => undefined); // it was read, or it never opened
    opened = undefined;
  };
  const detach = move.session.on("message", (message) => {
    if (message.type === "take" || message.type === "abandon") end();
    if (message.type !== "digest-request") return;
    const { firstPage, pages, pagesPerDigest, key } = message;
    if (firstPage + pages > pagesTotal || pages / pagesPerDigest > digestsMax) {
      move.log.warn({ message }, "a digest request beyond the VM's memory was ignored");
      return;
    }
    answer({ firstPage, pages, pagesPerDigest }, key).catch((error: unknown) =>
      move.log.warn({ err: error }, "cannot digest the skeleton's memory"),
    );
  });
  const unlisten = move.session.on("closed", end);
}

type OpenMemory = Awaited<ReturnType<typeof openMemory>>;

async function openMemory({ qmp, pid }: VmProcess) {
  const { path, address } = await readableGuestMemory(qmp, pid);
  return { file: await open(path, "r"), address };
}

function guestPages({ definition }: SourceMove | TargetMove): number {
  return (definition.memory.mib * 1048576) / pageBytes;
}
