/** Lines that another program says through a socket or pipe. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/**
 * Calls `heard` with each line. What the stream fails of is for whoever listens to the stream: readline says it once more, as an event
 * that ends the program when nobody hears it, and a program at the other end that is killed resets its connections.
 */
export function onLines(stream: Readable, heard: (line: string) => void): void {
  createInterface({ input: stream })
    .on("line", heard)
    .on("error", () => undefined);
}
