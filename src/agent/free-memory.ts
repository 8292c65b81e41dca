/** What memory this host has for VMs that come to it: what is available, less what moves under way will still fill. */
import { readFile } from "node:fs/promises";
import { readHostFacts } from "../host/facts.ts";
import type { LocalVms } from "../vm/local-vms.ts";

/** x86's; what the kernel counts a process' memory in. */
const pageBytes = 4096;

export async function freeMemory(vms: LocalVms): Promise<number> {
  const coming = vms.list().filter(({ state }) => state === "incoming");
  const missing = await Promise.all(
    coming.map(async ({ definition: { id, memory } }) => {
      const pid = vms.process(id)?.pid;
      const filled = pid === undefined ? 0 : await residentBytes(pid);
      return Math.max(0, memory.mib * 1024 ** 2 - filled);
    }),
  );
  const { availableBytes } = (await readHostFacts()).memory;
  return Math.max(0, availableBytes - missing.reduce((sum, bytes) => sum + bytes, 0));
}

/** 0 for a process that is gone. */
async function residentBytes(pid: number): Promise<number> {
  const statm = await readFile(`/proc/${pid}/statm`, "utf8").catch(() => "");
  return Number(statm.split(" ")[1] ?? 0) * pageBytes;
}
