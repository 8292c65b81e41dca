/** The target's end of an encoded disk's stream: the source's NBD client is heard by this host's NBD server. */
import type { Socket } from "node:net";
import { DiskDecoder } from "../disk-stream/disk-decoder.ts";
import { KeptFile } from "../disk-stream/kept-blocks.ts";
import { DecodingDelivery } from "./decoding-delivery.ts";
import type { DiskDecoding } from "./disk-coding.ts";
import { writeTogether } from "./write-together.ts";

export function decodeDisk(socket: Socket, { kept, jobs }: DiskDecoding): DecodingDelivery {
  const file = kept === null ? null : new KeptFile(kept);
  const pass = (pieces: readonly Buffer[]) =>
    new Promise<void>((resolve) => writeTogether(socket, pieces, resolve));
  return new DecodingDelivery(new DiskDecoder({ kept: file, jobs, pass }), {
    countsEarly: true,
    closed: () => void file?.close(),
  });
}
