/**
 * The parts of QEMU's migration stream (main channel, version 3; QEMU 7.2 to 11) that Ferry understands. All integers
 * are big-endian.
 *
 * ```
 * stream        := header [configuration] { command | section }* …device state, opaque to the end
 * header        := be32 magic, be32 version
 * configuration := 0x07, be32 length, machine type, { 0x05, u8 length, name, be32 version, fields }*
 * command       := 0x08, be16 number, be16 length, data
 * section       := 0x01 start:     be32 id, u8 length, name, be32 instance, be32 version  ┐
 *                  0x02/0x03 part/end: be32 id                                            ├ records, footer
 * footer        := 0x7e, be32 id
 * record        := be64 address | flags, then by flag:
 *   memory sizes:  for each block u8 length, name, be64 used length; the address is the sum of the used lengths
 *   zero:          [block] u8 0
 *   page:          [block] 4096 bytes
 *   end:           nothing; the footer follows
 * block         := u8 length, name; absent with the flag `same block`
 * ```
 *
 * Sections carry no length, so whoever does not know a section cannot find its end.
 */

export const streamMagic = 0x5145564d;
export const streamVersion = 3;

export const elements = {
  sectionStart: 0x01,
  sectionPart: 0x02,
  sectionEnd: 0x03,
  subsection: 0x05,
  configuration: 0x07,
  command: 0x08,
  footer: 0x7e,
} as const;

export const recordFlags = {
  zero: 0x002,
  memorySizes: 0x004,
  page: 0x008,
  end: 0x010,
  sameBlock: 0x020,
} as const;

export const ramSection = { name: "ram", version: 4 } as const;

/** Commands that say nothing about what follows them. The others start post-copy or nest another stream. */
export const plainCommands: ReadonlySet<number> = new Set([
  1, // open the return path
  2, // ping
  11, // switchover starts (10.0 and later)
]);

/** One of the guest's memory blocks, as QEMU announces them at the start of the RAM section. */
export interface RamBlock {
  readonly name: string;
  /** Bytes in use; a multiple of the page size. */
  readonly usedBytes: number;
}
