/**
 * What both hosts agree on before memory crosses: how the source's agent wishes it, what the target takes, and both QEMUs told. Where
 * nothing else crosses first, that is done while the target still gets ready: it answers as soon as it is.
 */
import type { ControlMessageOf } from "../protocol/messages.ts";
import { setOutgoingChannels } from "../qemu/channels.ts";
import { prepareOutgoing } from "../qemu/migration.ts";
import { channelLevel } from "./compressor.ts";
import { type ConvergenceState, firstState } from "./convergence.ts";
import { wantedCoding, wayOf } from "./memory-coding.ts";
import { wantedRdma } from "./memory-over-rdma.ts";
import { sessionOf } from "./past-setup.ts";
import type { ConvergencePolicy } from "./record.ts";
import type { SourceMove } from "./stage.ts";

export interface MemoryAgreement {
  readonly answered: ControlMessageOf<"receiving">;
  /** Whether QEMU asks before it stops the guest. */
  readonly asks: boolean;
  /** What QEMU was told; the host's settings may have changed since. */
  readonly convergence: ConvergenceState;
  readonly policy: ConvergencePolicy;
}

/** Agents that speak a version before this one know nothing of post-copy, and may not keep a question for later. */
const versionWithPostCopy = 3;

/** Source: whether the question may go out while the target gets ready. Whatever else crosses before memory has its own words. */
export function mayAgreeEarly(move: SourceMove): boolean {
  const { disks, files } = move.record.current;
  const nothingElse = disks.length === 0 && !files.some(({ copy }) => copy);
  return nothingElse && sessionOf(move).version >= versionWithPostCopy;
}

/** Source. @param timeoutMs until the target answers. @throws FerryError `timeout`, and what the target says. */
export async function agreeOnMemory(move: SourceMove, timeoutMs: number): Promise<MemoryAgreement> {
  const session = sessionOf(move);
  const { qmp } = move.process;
  const { convergencePolicy: policy, throttlePercentMax, bandwidthBytesPerSecond } = move.limits;
  const convergence = firstState(move.limits);
  const overRdma = await wantedRdma(move);
  const asksForRdma = overRdma.rdma !== undefined;
  const isNew = session.version >= versionWithPostCopy;
  const mayPostCopy = policy === "post-copy" && isNew && !asksForRdma;
  // QEMU asks for single pages in post-copy, and places them itself: its stream crosses as it is.
  const wanted = mayPostCopy ? {} : await wantedCoding(move);
  const { channels = 0 } = wanted;
  session.send({ type: "receive", ...(mayPostCopy ? { mayPostCopy } : wanted), ...overRdma });
  const [answered, { asks }] = await Promise.all([
    session.receive("receiving", { signal: move.signal, timeoutMs }),
    prepareOutgoing(qmp, {
      blackoutLimitMs: convergence.blackoutLimitMs,
      asksToSwitchOver: !asksForRdma,
      // The session holds to the limit, in bytes on the wire; QEMU sees what comes of it. Over RDMA there is only QEMU.
      bandwidthBytesPerSecond: asksForRdma ? bandwidthBytesPerSecond : 0,
      pauses: move.disks.length > 0,
      mayThrottle: throttlePercentMax > 0 && policy !== "patient",
      mayPostCopy,
      channels,
      channelLevel: channelLevel(wayOf(move), channels),
    }),
  ]);
  const taken = answered.channels ?? 0;
  if (taken !== channels) await setOutgoingChannels(qmp, taken);
  return { answered, asks, convergence, policy };
}
