/**
 * Who compresses memory (docs/decisions/0234-qemu-compresses.md). QEMU does it in its own threads before it sends, and an agent that only carries the
 * outcome costs next to nothing: where processors are what a move waits for, that is half of its time. The agents know what they sent
 * before and send differences: where the link is what a move waits for, that is fewer bytes, above all of a guest that writes the same
 * pages again and again. Pure.
 */
import Type from "typebox";

const compressors = ["auto", "agent", "qemu"] as const;
export type Compressor = (typeof compressors)[number];
export const CompressorSchema = Type.Unsafe<Compressor>(Type.String({ enum: [...compressors] }));

/** What the agents' compression fills on two processors (decision 0234): below it the link is what waits. */
const slowLinkBytesPerSecond = 60_000_000;
/** An eighth of what 1 Gbit/s carries when memory compresses as well as that: a round leaves an eighth of the one before it. */
const writesMuchBytesPerSecond = 64 * 1048576;

export function qemuCompresses(move: {
  readonly setting: Compressor;
  /** Of the move, on the wire; 0: none. */
  readonly limitBytesPerSecond: number;
  /** What the guest changes; null: not known, and taken for much. */
  readonly writtenBytesPerSecond: number | null;
}): boolean {
  const { setting, limitBytesPerSecond: limit, writtenBytesPerSecond } = move;
  if (setting !== "auto") return setting === "qemu";
  const isSlow = limit > 0 && limit < slowLinkBytesPerSecond;
  return (
    !isSlow && writtenBytesPerSecond !== null && writtenBytesPerSecond < writesMuchBytesPerSecond
  );
}
