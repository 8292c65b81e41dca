/** Streams as QEMU would write them, made for tests. */
import { pageBytes } from "./limits.ts";
import { writeMemorySizes } from "./memory-sizes.ts";
import { elements, type RamBlock, recordFlags, streamMagic, streamVersion } from "./qemu-stream.ts";

export type MadeRecord =
  | { readonly block: number; readonly page: number; readonly data?: Buffer }
  /** The end of a section, and the start of the next. */
  | "section";

export interface MadeStream {
  readonly machine?: string;
  readonly blocks: readonly RamBlock[];
  readonly records: readonly MadeRecord[];
  readonly deviceState?: Buffer;
}

const ramId = 2;

export function be32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function be64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function named(name: string): Buffer {
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name, "latin1")]);
}

export function command(number: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([elements.command, 0, number, 0, data.length]), data]);
}

export function streamHead(machine = "pc-q35-7.2"): Buffer {
  const name = Buffer.from(machine);
  return Buffer.concat([
    be32(streamMagic),
    be32(streamVersion),
    Buffer.concat([Buffer.from([elements.configuration]), be32(name.length), name]),
    Buffer.concat([Buffer.from([elements.subsection]), named("configuration/uuid"), be32(1)]),
    Buffer.alloc(16, 7),
    command(1, Buffer.alloc(0)),
    command(2, be32(1)),
  ]);
}

export function ramStart(blocks: readonly RamBlock[]): Buffer {
  const head = Buffer.concat([named("ram"), be32(0), be32(4)]);
  return Buffer.concat([
    Buffer.from([elements.sectionStart]),
    be32(ramId),
    head,
    writeMemorySizes(blocks),
  ]);
}

export function sectionEnd(): Buffer {
  return Buffer.concat([be64(recordFlags.end), Buffer.from([elements.footer]), be32(ramId)]);
}

function sectionOpen(type: number): Buffer {
  return Buffer.concat([Buffer.from([type]), be32(ramId)]);
}

/** The whole stream, with the block's name left out as QEMU does. */
export function madeStream({ machine, blocks, records, deviceState }: MadeStream): Buffer {
  const parts = [streamHead(machine), ramStart(blocks), sectionEnd()];
  parts.push(sectionOpen(elements.sectionPart));
  let last = -1;
  for (const record of records) {
    if (record === "section") {
      parts.push(sectionEnd(), sectionOpen(elements.sectionPart));
      continue;
    }
    const { block, page, data } = record;
    const kind = data === undefined ? recordFlags.zero : recordFlags.page;
    const flags = block === last ? kind | recordFlags.sameBlock : kind;
    parts.push(be64(page * pageBytes + flags));
    if (block !== last) parts.push(named(blocks[block]?.name ?? ""));
    parts.push(data ?? Buffer.alloc(1));
    last = block;
  }
  parts.push(sectionEnd(), sectionOpen(elements.sectionEnd), sectionEnd());
  parts.push(deviceState ?? Buffer.from("the devices' state"));
  return Buffer.concat(parts);
}
