/**
 * Whether a guest outruns the copying of its disk. While a mirror copies in the background, the guest's writes make more to copy: pass
 * by pass the rest has to shrink, as rounds do with memory. Where it does not, writes must wait for the copy, or it never ends. Pure.
 */
import type { MirrorStatus } from "../qemu/mirror.ts";

export interface MirrorPass {
  /** Bytes copied in all when this pass is over. */
  readonly endBytes: number;
  readonly passBytes: number;
}

/** A rest so small is copied before anybody could look again. */
const restBytesMin = 4 << 20;
/** A pass that leaves more than this part of itself to the next does not get there soon enough. */
const restShareMax = 0.5;

/** The first pass begins when QEMU knows how much there is; undefined until then. */
export function nextPass(
  pass: MirrorPass | undefined,
  { copiedBytes, totalBytes }: Pick<MirrorStatus, "copiedBytes" | "totalBytes">,
): MirrorPass | "outrun" | undefined {
  if (pass === undefined) {
    return totalBytes === 0 ? undefined : { endBytes: totalBytes, passBytes: totalBytes };
  }
  if (copiedBytes < pass.endBytes) return pass;
  const restBytes = totalBytes - copiedBytes;
  const isLate = restBytes > restBytesMin && restBytes > pass.passBytes * restShareMax;
  return isLate ? "outrun" : { endBytes: totalBytes, passBytes: restBytes };
}
