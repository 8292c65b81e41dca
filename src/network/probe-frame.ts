/** The frame that shows whether two bridges are one segment. Pure. */

/** The first of the two that IEEE leaves to local experiments: no system answers or forwards it by itself. */
export const probeEtherType = 0x88b5;

/** The shortest Ethernet frame, without its checksum. */
const frameBytes = 60;
const headerBytes = 14;
const magic = "FERRYSEG";

/** To everybody, from the bridge's own MAC address, `52:54:00:12:34:56`. `nonce`: 32 hexadecimal digits. */
export function probeFrame(address: string, nonce: string): Buffer {
  const frame = Buffer.alloc(frameBytes);
  frame.fill(0xff, 0, 6);
  Buffer.from(address.replaceAll(":", ""), "hex").copy(frame, 6);
  frame.writeUInt16BE(probeEtherType, 12);
  frame.write(magic, headerBytes, "latin1");
  Buffer.from(nonce, "hex").copy(frame, headerBytes + magic.length);
  return frame;
}

/** Undefined for another's frame. */
export function nonceOf(frame: Buffer): string | undefined {
  const begin = headerBytes + magic.length;
  if (frame.length < begin + 16 || frame.readUInt16BE(12) !== probeEtherType) return undefined;
  if (frame.toString("latin1", headerBytes, begin) !== magic) return undefined;
  return frame.toString("hex", begin, begin + 16);
}
