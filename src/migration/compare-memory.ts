/**
 * Compares the guest's memory on both hosts while both copies stand still: the proof that a move lost nothing. Each agent
 * reads its QEMU's memory and hashes it; only digests cross the session. First whole stretches, then the pages of
 * those that differ.
 */
import { hash } from "node:crypto";
import { open } from "node:fs/promises";
import { FerryError } from "../base/errors.ts";
import { findGuestMemory } from "../qemu/guest-memory.ts";
import type { Qmp } from "../qemu/qmp.ts";
import type { SourceMove, TargetMove } from "./stage.ts";
import { sessionOf, skeletonOf } from "./past-setup.ts";

const pageBytes = 4096;
/** 1 MiB a digest: fast to hash, few digests for a guest that is the same on both sides. */
const pagesPerStretch = 256;
/** Digests of one message: stays well below the control message limit. */
const digestsMax = 4096;

interface Stretches {
  readonly firstPage: number;
  readonly pages: number;
  readonly pagesPerDigest: number;
}

/** Source: how many pages of 4 KiB differ between this QEMU's memory and the target's. */
export async function countDifferingPages(move: SourceMove): Promise<number> {
  const pages = guestBytes(move) / pageBytes;
  let differing = 0;
  const batch = digestsMax * pagesPerStretch;
  for (let first = 0; first < pages; first += batch) {
    const count = Math.min(batch, pages - first);
    for (const stretch of await differences(move, first, count, pagesPerStretch)) {
      const start = first + stretch * pagesPerStretch;
      const length = Math.min(pagesPerStretch, pages - start);
      differing += (await differences(move, start, length, 1)).length;
    }
  }
  return differing;
}

/** Indices of the digests that differ. */
async function differences(
  move: SourceMove,
  firstPage: number,
  pages: number,
  pagesPerDigest: number,
): Promise<number[]> {
  const session = sessionOf(move);
  session.send({ type: "digest-request", firstPage, pages, pagesPerDigest });
  const [here, there] = await Promise.all([
    digest(move.process, guestBytes(move), { firstPage, pages, pagesPerDigest }),
    session.receive("digests", { timeoutMs: 60_000 }),
  ]);
  return here.flatMap((value, index) => (value === there.digests[index] ? [] : [index]));
}

/** Target: answers the source's requests until the session ends; each is bounded by the VM's memory. */
export function answerDigests(move: TargetMove): void {
  const pagesTotal = guestBytes(move) / pageBytes;
  const skeleton = skeletonOf(move);
  const detach = move.session.on("message", (message) => {
    if (message.type === "take" || message.type === "abandon") detach();
    if (message.type !== "digest-request") return;
    const { firstPage, pages, pagesPerDigest } = message;
    if (firstPage + pages > pagesTotal || pages / pagesPerDigest > digestsMax) {
      move.log.warn({ message }, "a digest request beyond the VM's memory was ignored");
      return;
    }
    digest(skeleton, guestBytes(move), { firstPage, pages, pagesPerDigest }).then(
      (digests) => move.session.send({ type: "digests", digests }),
      (error: unknown) => move.log.warn({ err: error }, "cannot digest the skeleton's memory"),
    );
  });
}

async function digest(
  { qmp, pid }: { readonly qmp: Qmp; readonly pid: number },
  bytes: number,
  { firstPage, pages, pagesPerDigest }: Stretches,
): Promise<string[]> {
  const { path, address } = await findGuestMemory(qmp, pid, bytes);
  await using memory = await open(path, "r");
  const digests: string[] = [];
  const buffer = Buffer.allocUnsafe(pagesPerDigest * pageBytes);
  for (let page = firstPage; page < firstPage + pages; page += pagesPerDigest) {
    const length = Math.min(pagesPerDigest, firstPage + pages - page) * pageBytes;
    const { bytesRead } = await memory.read(buffer, 0, length, address + page * pageBytes);
    if (bytesRead !== length)
      throw new FerryError("internal", `Cannot read page ${page} of QEMU ${pid}`);
    digests.push(hash("sha256", buffer.subarray(0, length), "base64"));
  }
  return digests;
}

function guestBytes({ definition }: SourceMove | TargetMove): number {
  return definition.memory.mib * 1048576;
}
