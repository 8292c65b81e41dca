/** What this host's memory has for guests. */
import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { readNumaNodes } from "./numa.ts";

/** The rest is the host's own: its kernel, its services, and what a QEMU takes beside its guest. */
const guestsShare = 0.9;

/** What guests may have together, bytes. `sysfs`: `/sys`. */
export async function memoryForGuests(sysfs: string): Promise<number> {
  const nodes = await readNumaNodes(sysfs);
  const bytes = nodes.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  return Math.floor((bytes || totalmem()) * guestsShare);
}

/** When the kernel gives programs huge pages: `always`, `madvise` (QEMU asks for them), or `never`; so without a word of the kernel's. */
export async function transparentHugePages(sysfs: string): Promise<string> {
  const file = join(sysfs, "kernel/mm/transparent_hugepage/enabled");
  const text = await readFile(file, "utf8").catch(() => "");
  return /\[(\w+)\]/.exec(text)?.[1] ?? "never";
}
