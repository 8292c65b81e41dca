/**
 * Options of several properties in one word, as QEMU's users know them: `vms,size=20G,format=raw`. What comes first
 * may leave its name out. Pure.
 */
import { FerryError } from "../base/errors.ts";

export interface PropertiesForm {
  /** The option, for messages: `--disk`. */
  readonly option: string;
  /** Every property understood; the first is the one whose name may be left out, and is required. */
  readonly names: readonly [string, ...string[]];
  /** A complete value, for the remedy. */
  readonly example: string;
}

export function parseProperties(text: string, form: PropertiesForm): Map<string, string> {
  const [first] = form.names;
  const properties = new Map<string, string>();
  for (const [index, part] of text.split(",").entries()) {
    const equals = part.indexOf("=");
    const name = equals === -1 && index === 0 ? first : part.slice(0, Math.max(equals, 0));
    const value = part.slice(equals + 1);
    if (!form.names.includes(name)) throw refused(form, text, `"${part}" is no property of it`);
    if (properties.has(name)) throw refused(form, text, `${name} is given twice`);
    if (value === "") throw refused(form, text, `${name} has no value`);
    properties.set(name, value);
  }
  if (!properties.has(first)) throw refused(form, text, `${first} is missing`);
  return properties;
}

/** `POOL/FILE`. */
export function parsePoolFile(text: string): { pool: string; file: string } {
  const match = /^([^/]+)\/([^/]+)$/.exec(text);
  if (match?.[1] !== undefined && match[2] !== undefined) return { pool: match[1], file: match[2] };
  throw new FerryError("bad-input", `Cannot understand pool file "${text}"`, {
    remedy: "Write POOL/FILE, such as isos/debian-12.iso",
  });
}

function refused(
  { option, names, example }: PropertiesForm,
  text: string,
  why: string,
): FerryError {
  return new FerryError("bad-input", `Cannot understand ${option} "${text}": ${why}`, {
    remedy: `Write it as ${example}; it takes ${names.join(", ")}`,
  });
}
