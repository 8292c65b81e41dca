/**
 * `delay-relay.ts TAP TAP MILLISECONDS`: carries every frame from either device to the other, so many milliseconds later. The kernel's own way
 * of delaying (netem) is not everywhere. Says `ready` once it carries; ends when it is told to.
 */
import { dlopen } from "node:ffi";
import { writeSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

const attach = 0x400454can; // TUNSETIFF of linux/if_tun.h
const interfaceBytes = 40;
const nameBytes = 16;
/** Ethernet frames, with nothing before them. */
const flags = 0x0002 | 0x1000;
/** More than any frame has. */
const frameBytesMax = 66_000;

async function openTap(name: string): Promise<FileHandle> {
  const tap = await open("/dev/net/tun", "r+");
  const request = Buffer.alloc(interfaceBytes);
  request.write(name);
  request.writeUInt16LE(flags, nameBytes);
  const { ioctl } = dlopen(null, {
    ioctl: { return: "i32", arguments: ["i32", "u64", "buffer"] },
  }).functions;
  if (ioctl(tap.fd, attach, request) !== 0) throw new Error(`Cannot use tap device "${name}"`);
  return tap;
}

async function carry(from: FileHandle, to: FileHandle, milliseconds: number): Promise<never> {
  for (;;) {
    const { buffer, bytesRead } = await from.read(Buffer.allocUnsafe(frameBytesMax));
    setTimeout(() => {
      try {
        // At once: writes of several threads would overtake each other.
        writeSync(to.fd, buffer, 0, bytesRead);
      } catch {
        // A device that is full, or not up, drops frames as any switch does.
      }
    }, milliseconds);
  }
}

const [one = "", other = "", milliseconds] = process.argv.slice(2);
const taps = await Promise.all([openTap(one), openTap(other)]);
process.stdout.write("ready\n");
await Promise.race([
  carry(taps[0], taps[1], Number(milliseconds)),
  carry(taps[1], taps[0], Number(milliseconds)),
]);
