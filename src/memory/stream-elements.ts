/** Reads one element of QEMU's stream outside the memory records: header, configuration, commands, sections, footers. */
import type { Cursor } from "./cursor.ts";
import { nameBytesMax, pageBits } from "./limits.ts";
import { elements, plainCommands, ramSection, streamMagic, streamVersion } from "./qemu-stream.ts";

export type Expects = "header" | "configuration" | "subsection" | "element" | "footer";

/** Where in the stream it is read, and which section is memory's. */
export interface SectionState {
  expects: Expects;
  /** Assigned by each source process; undefined before the section starts. */
  ramId: number | undefined;
  /** Whether the section being read is the last of memory. */
  isEnd: boolean;
}

export type Element =
  | { readonly kind: "carried" | "section" | "last-footer"; readonly next: Expects }
  | { readonly kind: "machine"; readonly name: string; readonly next: Expects }
  | { readonly kind: "unknown"; readonly reason: string };

/** The element at the cursor; meaningless, and to be read again, if the cursor ran short. */
export function readElement(cursor: Cursor, state: SectionState): Element {
  if (state.expects === "header") return readHeader(cursor);
  const type = cursor.u8();
  if (state.expects === "footer") return readFooter(cursor, state, type);
  switch (type) {
    case elements.configuration:
      if (state.expects === "configuration") return readConfiguration(cursor);
      break;
    case elements.subsection:
      if (state.expects === "subsection") return readSubsection(cursor);
      break;
    case elements.command:
      return readCommand(cursor);
    case elements.sectionStart:
      return readStart(cursor, state);
    case elements.sectionPart:
    case elements.sectionEnd:
      return readPart(cursor, state, type === elements.sectionEnd);
  }
  return unknown(`an element of type 0x${type.toString(16)} before the end of memory`);
}

function readHeader(cursor: Cursor): Element {
  const magic = cursor.be32();
  const version = cursor.be32();
  if (magic !== streamMagic) return unknown("not a migration stream of QEMU's main channel");
  if (version !== streamVersion) return unknown(`a migration stream of version ${version}`);
  return { kind: "carried", next: "configuration" };
}

function readConfiguration(cursor: Cursor): Element {
  const length = cursor.be32();
  if (length > nameBytesMax) return unknown("a machine type of an unlikely length");
  return { kind: "machine", name: cursor.text(length), next: "subsection" };
}

function readSubsection(cursor: Cursor): Element {
  const name = cursor.name();
  const version = cursor.be32();
  if (cursor.isShort) return carriedBefore("subsection");
  if (version !== 1) return unknown(`the subsection "${printable(name)}" of version ${version}`);
  switch (name) {
    case "configuration/target-page-bits":
      if (cursor.be32() !== pageBits && !cursor.isShort) return unknown("pages that are not 4 KiB");
      return carriedBefore("subsection");
    case "configuration/uuid":
      cursor.skip(16);
      return carriedBefore("subsection");
    default:
      return unknown(`the subsection "${printable(name)}"`);
  }
}

function readCommand(cursor: Cursor): Element {
  const number = cursor.be16();
  const length = cursor.be16();
  if (cursor.isShort) return carriedBefore("element");
  if (!plainCommands.has(number)) return unknown(`the command ${number}`);
  cursor.skip(length);
  return carriedBefore("element");
}

function readStart(cursor: Cursor, state: SectionState): Element {
  const id = cursor.be32();
  const name = cursor.name();
  const instance = cursor.be32();
  const version = cursor.be32();
  if (cursor.isShort) return carriedBefore("element");
  if (name !== ramSection.name || instance !== 0 || state.ramId !== undefined) {
    return unknown(`the section "${printable(name)}"`);
  }
  if (version !== ramSection.version) return unknown(`memory of version ${version}`);
  state.ramId = id;
  return { kind: "section", next: "footer" };
}

function readPart(cursor: Cursor, state: SectionState, isEnd: boolean): Element {
  const id = cursor.be32();
  if (cursor.isShort) return carriedBefore("element");
  if (id !== state.ramId) return unknown("a part of a section that did not start");
  state.isEnd = isEnd;
  return { kind: "section", next: "footer" };
}

/** Very old machine types leave the footer out. */
function readFooter(cursor: Cursor, state: SectionState, type: number): Element {
  const id = cursor.be32();
  if (type !== elements.footer) return unknown("a section without a footer");
  if (cursor.isShort) return carriedBefore("element");
  if (id !== state.ramId) return unknown("the footer of another section");
  return { kind: state.isEnd ? "last-footer" : "carried", next: "element" };
}

function carriedBefore(next: Expects): Element {
  return { kind: "carried", next };
}

function unknown(reason: string): Element {
  return { kind: "unknown", reason };
}

/** A name as it may stand in a log line. */
function printable(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, "?").slice(0, 64);
}
