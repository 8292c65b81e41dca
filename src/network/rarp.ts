/** The frame that tells switches where a MAC address is: a reverse ARP request from it to everybody. Pure. */

/** The shortest Ethernet frame, without its checksum. */
const frameBytes = 60;
const broadcast = Buffer.alloc(6, 0xff);

export const rarpEtherType = 0x8035;

/** `mac` as in a definition, `52:54:00:12:34:56`. */
export function rarpFrame(mac: string): Buffer {
  const address = Buffer.from(mac.replaceAll(":", ""), "hex");
  const frame = Buffer.alloc(frameBytes);
  let offset = broadcast.copy(frame, 0);
  offset += address.copy(frame, offset);
  offset = frame.writeUInt16BE(rarpEtherType, offset);
  offset = frame.writeUInt16BE(1, offset); // hardware: Ethernet
  offset = frame.writeUInt16BE(0x0800, offset); // protocol: IPv4
  offset = frame.writeUInt8(6, offset);
  offset = frame.writeUInt8(4, offset);
  offset = frame.writeUInt16BE(3, offset); // request reverse
  offset += address.copy(frame, offset); // sender: this MAC,
  offset += 4; // its address unknown
  address.copy(frame, offset); // target: the same
  return frame;
}
