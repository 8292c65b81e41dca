/**
 * Where a QEMU has its guest's memory: in its own address space, anonymous, as any program has its memory. What was never
 * written takes none then, and the kernel gives huge pages where it has them. An agent that may trace QEMU reads and writes
 * it through the kernel's file of it (docs/decisions/0230-anonymous-memory.md).
 */
import { readFile } from "node:fs/promises";
import { FerryError } from "../base/errors.ts";
import type { Qmp } from "./qmp.ts";

/** The id of the memory backend, which the block of QEMU's stream is named after (command-line.ts). */
export const guestMemoryBlock = "pc.ram";

export interface GuestMemory {
  /** The kernel's file of QEMU's address space. */
  readonly path: string;
  /** Where in it the guest's memory begins. */
  readonly address: number;
  /** How much of it is there, bytes: in main memory or swapped out. */
  readonly usedBytes: number;
}

interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly isWritable: boolean;
  readonly usedBytes: number;
}

/**
 * @param bytes the memory that the guest has
 * @throws FerryError `unsupported` when QEMU does not say where it is, or has no such memory there
 */
export async function findGuestMemory(qmp: Qmp, pid: number, bytes: number): Promise<GuestMemory> {
  const { path, address } = await readableGuestMemory(qmp, pid);
  const usedBytes = usedIn(await readFile(`/proc/${pid}/smaps`, "utf8"), address, bytes);
  if (usedBytes === undefined) {
    throw unfound(
      pid,
      `fewer than ${bytes} bytes can be written from 0x${address.toString(16)} on`,
    );
  }
  return { path, address, usedBytes };
}

/**
 * What suffices to look at it: the kernel's word on all of QEMU's address space takes several milliseconds.
 *
 * @throws FerryError `unsupported` when QEMU does not say where it is
 */
export async function readableGuestMemory(
  qmp: Qmp,
  pid: number,
): Promise<Pick<GuestMemory, "path" | "address">> {
  // A block of memory begins at the guest's first address, and lies in QEMU in one piece.
  const answer = await qmp.execute<string>("human-monitor-command", {
    "command-line": "gpa2hva 0",
  });
  const address = Number(/\bis (0x[0-9a-f]+)/.exec(answer)?.[1] ?? Number.NaN);
  if (!answer.includes(`(${guestMemoryBlock})`) || !Number.isSafeInteger(address)) {
    throw unfound(pid, `it says "${answer.trim()}"`);
  }
  return { path: `/proc/${pid}/mem`, address };
}

/**
 * How much of the memory at an address is there; undefined unless all of it is mapped to be written. `smaps` is the kernel's
 * text of it (proc_pid_smaps(5)). Pure.
 */
export function usedIn(smaps: string, address: number, bytes: number): number | undefined {
  let covered = address;
  let usedBytes = 0;
  for (const { start, end, isWritable, usedBytes: used } of mappingsIn(smaps)) {
    if (end <= covered || start > covered || covered >= address + bytes) continue;
    if (!isWritable) return undefined;
    covered = end;
    usedBytes += used;
  }
  return covered >= address + bytes ? Math.min(usedBytes, bytes) : undefined;
}

/** In the order of their addresses, as the kernel gives them. */
function* mappingsIn(smaps: string): Generator<Mapping> {
  for (const text of smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const header = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(text);
    if (header === null) continue;
    const [, start = "", end = "", rights = ""] = header;
    const kib = (key: string) =>
      Number(new RegExp(`^${key}:\\s*(\\d+) kB$`, "m").exec(text)?.[1] ?? 0);
    yield {
      start: Number.parseInt(start, 16),
      end: Number.parseInt(end, 16),
      isWritable: rights.startsWith("rw"),
      usedBytes: (kib("Rss") + kib("Swap")) * 1024,
    };
  }
}

function unfound(pid: number, present: string): FerryError {
  return new FerryError(
    "unsupported",
    `Cannot find the guest's memory in QEMU ${pid}: ${present}`,
    {
      remedy: "Stop and start the VM once with this Ferry version",
    },
  );
}
