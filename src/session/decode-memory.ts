/** The target's end of an encoded memory stream: pages go to QEMU's socket, or straight into its memory. */
import { closeSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import { FerryError } from "../base/errors.ts";
import { MemoryDecoder } from "../memory/memory-decoder.ts";
import type { MemoryTarget } from "../memory/memory-target.ts";
import { PlacedTarget } from "../memory/placed-target.ts";
import { PlainTarget } from "../memory/plain-target.ts";
import { DecodingDelivery } from "./decoding-delivery.ts";
import type { MemoryDecoding } from "./memory-coding.ts";

/** @throws FerryError `system-refused` when that memory cannot be opened */
export function decodeMemory(socket: Socket, decoding: MemoryDecoding): DecodingDelivery {
  const { placed, pageCacheBytesMax, jobs } = decoding;
  const memoryFile = placed === null ? undefined : openMemory(placed.path);
  const target = targetFor(socket, placed, memoryFile);
  return new DecodingDelivery(new MemoryDecoder({ target, pageCacheBytesMax, jobs }), {
    countsEarly: false,
    closed() {
      if (memoryFile !== undefined) closeSync(memoryFile);
    },
  });
}

function targetFor(
  socket: Socket,
  placed: MemoryDecoding["placed"],
  fd: number | undefined,
): MemoryTarget {
  const pass = (bytes: Buffer) => written(socket, bytes);
  if (placed === null || fd === undefined) return new PlainTarget(pass);
  return new PlacedTarget({ ...placed, fd }, pass);
}

/** Resolves when the kernel has taken the bytes for QEMU. */
function written(socket: Socket, bytes: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  return promise;
}

function openMemory(path: string): number {
  try {
    return openSync(path, "r+");
  } catch (cause) {
    throw new FerryError("system-refused", "Cannot open the guest's memory for writing", {
      cause,
      remedy: "Let the agent run as root with CAP_SYS_PTRACE, or as the user of the VM's QEMU",
    });
  }
}
