/** Whether QEMU's lock on an image can be held beside the guest's own use of it. */
import { statfs } from "node:fs/promises";

/**
 * Shares of Windows's protocol take a byte-range lock as an order: what one handle has locked no other may write, not even the guest's own
 * disk. Numbers from linux/magic.h.
 */
const mandatory: ReadonlySet<number> = new Set([0xff534d42, 0xfe534d42, 0x517b]);

export async function locksHold(path: string): Promise<boolean> {
  return !mandatory.has((await statfs(path)).type >>> 0);
}
