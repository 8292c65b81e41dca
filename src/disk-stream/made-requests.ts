/** What an NBD client says, made for tests. */

/** Flags and one option, NBD_OPT_GO with some data. */
export function greeting(): Buffer {
  const option = Buffer.alloc(4 + 16 + 10);
  option.writeUInt32BE(3, 0);
  option.write("IHAVEOPT", 4);
  option.writeUInt32BE(7, 12);
  option.writeUInt32BE(10, 16);
  return option;
}

/** The short header of a request, the extended one, and that as QEMU's client makes it: without the flag for a payload. */
export const headerKinds = ["short", "extended", "qemu"] as const;

/** NBD_CMD_WRITE. */
export function write(
  offset: number,
  content: Buffer,
  kind: (typeof headerKinds)[number] = "short",
): Buffer {
  const extended = kind !== "short";
  const header = Buffer.alloc(extended ? 32 : 28);
  header.writeUInt32BE(extended ? 0x21e41c71 : 0x25609513, 0);
  header.writeUInt16BE(kind === "extended" ? 1 << 5 : 0, 4);
  header.writeUInt16BE(1, 6);
  header.writeBigUInt64BE(BigInt(offset), 16);
  if (extended) header.writeBigUInt64BE(BigInt(content.length), 24);
  else header.writeUInt32BE(content.length, 24);
  return Buffer.concat([header, content]);
}
