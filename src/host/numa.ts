/** The NUMA nodes of this host, with their memory. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export interface NumaNode {
  readonly totalBytes: number;
  /** Free, or taken by cached files that the kernel gives up when memory is wanted. */
  readonly freeBytes: number;
}

/** `sysfs`: `/sys`. Empty where the kernel knows no nodes. */
export async function readNumaNodes(sysfs: string): Promise<NumaNode[]> {
  const directory = join(sysfs, "devices/system/node");
  const names = (await readdir(directory).catch(() => [])).filter((name) => /^node\d+$/.test(name));
  const texts = names.map((name) => readFile(join(directory, name, "meminfo"), "utf8"));
  return (await Promise.all(texts)).map(parseNodeMeminfo);
}

/** Lines such as `Node 0 MemTotal:       24684856 kB`. Pure. */
export function parseNodeMeminfo(text: string): NumaNode {
  const bytes = (key: string) =>
    Number(new RegExp(`^Node \\d+ ${key}:\\s*(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1024;
  const cached = bytes("FilePages") - bytes("Shmem") + bytes("SReclaimable");
  return {
    totalBytes: bytes("MemTotal"),
    freeBytes: Math.min(bytes("MemTotal"), bytes("MemFree") + Math.max(0, cached)),
  };
}
