/**
 * How memory crosses, agreed between the hosts: the source asks for pages where its performance option says so, the target
 * says what it takes. Whoever says nothing of it wants QEMU's stream as it is.
 */
import { access, constants } from "node:fs/promises";
import type { ControlMessageOf } from "../protocol/messages.ts";
import { findGuestMemory, guestMemoryBlock } from "../qemu/guest-memory.ts";
import type { MemoryDecoding, MemoryEncoding } from "../session/memory-coding.ts";
import type { SourceMove, TargetMove } from "./stage.ts";
import { sessionOf, skeletonOf } from "./past-setup.ts";

type Asked = ControlMessageOf<"receive">["encoding"];
type Answered = ControlMessageOf<"receiving">["encoding"];

/** Agents that speak a version before this one know nothing of pages. */
const versionWithPages = 2;

/** Source: what it asks for. */
export function wantedEncoding(move: SourceMove): { encoding?: "pages" } {
  const { performance } = move.limits;
  const isKnown = sessionOf(move).version >= versionWithPages;
  return performance === "compression" && isKnown ? { encoding: "pages" } : {};
}

/** Source: what comes of the target's answer. */
export function encodingFor(move: SourceMove, answered: Answered): MemoryEncoding | undefined {
  if (answered === undefined) return undefined;
  const { pageCacheBytesMax, placedBlock } = answered;
  return {
    kind: "memory",
    target: placedBlock === null ? { kind: "plain" } : { kind: "placed", block: placedBlock },
    pageCacheBytes: Math.min(pageCacheBytesMax, usefulCacheBytes(move)),
    jobs: move.limits.compressionThreadsMax,
  };
}

/** Target: what it does with what the source asks for. Pages go straight to their place where that can be had. */
export async function decodingFor(
  move: TargetMove,
  asked: Asked,
): Promise<MemoryDecoding | undefined> {
  if (asked === undefined) return undefined;
  return {
    kind: "memory",
    placed: await writableMemory(move),
    pageCacheBytesMax: usefulCacheBytes(move),
    jobs: move.limits.compressionThreadsMax,
  };
}

/** Target: its answer. */
export function answeredEncoding(
  decoding: MemoryDecoding | undefined,
): Omit<ControlMessageOf<"receiving">, "type"> {
  if (decoding === undefined) return {};
  const { pageCacheBytesMax, placed } = decoding;
  return { encoding: { pageCacheBytesMax, placedBlock: placed?.block ?? null } };
}

/** No page is kept twice. */
function usefulCacheBytes({ limits, definition }: SourceMove | TargetMove): number {
  return Math.min(limits.pageCacheBytesMax, definition.memory.mib * 1024 * 1024);
}

async function writableMemory(move: TargetMove): Promise<MemoryDecoding["placed"]> {
  const { qmp, pid } = skeletonOf(move);
  const bytes = move.definition.memory.mib * 1048576;
  try {
    const { path, address, usedBytes } = await findGuestMemory(qmp, pid, bytes);
    await access(path, constants.R_OK | constants.W_OK);
    return { block: guestMemoryBlock, path, address, bytes, isEmpty: usedBytes === 0 };
  } catch (error) {
    move.log.info({ err: error }, "QEMU places the guest's memory itself: it cannot be reached");
    return null;
  }
}
