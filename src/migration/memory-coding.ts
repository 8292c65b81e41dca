/**
 * How memory crosses, agreed between the hosts: the source asks for compression where its performance option says so, by QEMU or page
 * by page by the agents (compressor.ts), the target says what it takes. Whoever says nothing of it wants QEMU's stream as it is.
 */
import { access, constants } from "node:fs/promises";
import type { ControlMessageOf } from "../protocol/messages.ts";
import { canCompressChannels, hasChannels } from "../qemu/channels.ts";
import { findGuestMemory, guestMemoryBlock } from "../qemu/guest-memory.ts";
import type { MemoryChannels, MemoryDecoding, MemoryEncoding } from "../session/memory-coding.ts";
import { narrowest, qemuCompresses } from "./compressor.ts";
import type { SourceMove, TargetMove } from "./stage.ts";
import { sessionOf, skeletonOf } from "./past-setup.ts";

type Asked = Pick<ControlMessageOf<"receive">, "encoding" | "channels">;
type Answered = Pick<ControlMessageOf<"receiving">, "encoding" | "channels">;

/** Agents that speak a version before this one know nothing of pages. */
const versionWithPages = 2;
const versionWithChannels = 3;

/** Source: what it asks for. A target that can't have QEMU compress takes pages. */
export async function wantedCoding(move: SourceMove): Promise<Asked> {
  const { performance, compressionThreadsMax } = move.limits;
  const { version } = sessionOf(move);
  if (performance !== "compression" || version < versionWithPages) return {};
  const channels = await wantsChannels(move);
  return { encoding: "pages", ...(channels && { channels: compressionThreadsMax }) };
}

async function wantsChannels(move: SourceMove): Promise<boolean> {
  const { qmp, qemuVersion } = move.process;
  // The target looks at its own QEMU.
  const isPossible = sessionOf(move).version >= versionWithChannels && hasChannels(qemuVersion);
  if (!isPossible || !(await canCompressChannels(qmp))) return false;
  return qemuCompresses({
    setting: move.limits.compressor,
    wayBytesPerSecond: wayOf(move),
    threads: move.limits.compressionThreadsMax,
    written: await move.written,
  });
}

/** Source: how fast memory will go to the target, as far as that is known. */
export function wayOf({ knownWay, limits }: SourceMove): number | null {
  return narrowest(knownWay, limits.bandwidthBytesPerSecond);
}

/** Source: what comes of the target's answer. */
export function encodingFor(
  move: SourceMove,
  { channels, encoding }: Answered,
): MemoryEncoding | MemoryChannels | undefined {
  if (channels !== undefined) return { kind: "channels", count: channels };
  if (encoding === undefined) return undefined;
  const { pageCacheBytesMax, placedBlock } = encoding;
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
  { encoding, channels }: Asked,
): Promise<MemoryDecoding | MemoryChannels | undefined> {
  const { compressor, compressionThreadsMax } = move.limits;
  if (channels !== undefined && compressor !== "agent" && (await takesChannels(move))) {
    return { kind: "channels", count: Math.min(channels, compressionThreadsMax) };
  }
  if (encoding === undefined) return undefined;
  return {
    kind: "memory",
    placed: await writableMemory(move),
    pageCacheBytesMax: usefulCacheBytes(move),
    jobs: move.limits.compressionThreadsMax,
  };
}

async function takesChannels(move: TargetMove): Promise<boolean> {
  const { qmp, qemuVersion } = skeletonOf(move);
  return hasChannels(qemuVersion) && (await canCompressChannels(qmp));
}

/** Target: its answer. */
export function answeredCoding(decoding: MemoryDecoding | MemoryChannels | undefined): Answered {
  if (decoding === undefined) return {};
  if (decoding.kind === "channels") return { channels: decoding.count };
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
