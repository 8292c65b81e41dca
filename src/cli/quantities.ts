/** Sizes, rates and durations as people type them. Pure; nonsense is refused with the forms that are understood. */
import { FerryError } from "../base/errors.ts";

const powers: Record<string, number> = { "": 0, K: 1, M: 2, G: 3, T: 4 };

/** Bytes of `512M`, `4G`, `20GiB`, `1.5T`: always binary, as QEMU and PowerShell count. A unit is required. */
export function parseSize(text: string): number {
  const match = /^([0-9]{1,9}(?:\.[0-9]{1,3})?)([KMGT])(?:i?B)?$/i.exec(text.trim());
  if (match === null) {
    throw refused("size", text, "Write it with a binary unit: 512M, 4G or 20GiB");
  }
  const [, number = "", unit = ""] = match;
  return Math.round(Number(number) * 1024 ** (powers[unit.toUpperCase()] ?? 0));
}

/** MiB of a size; refused when it is no whole number of them. */
export function parseMebibytes(text: string): number {
  const mebibytes = parseSize(text) / 1024 ** 2;
  if (Number.isInteger(mebibytes)) return mebibytes;
  throw refused("memory size", text, "Write whole MiB: 512M, 4G or 20GiB");
}

/** Bytes per second of `100M` and `1GiB/s` (binary bytes), or `800Mbit` and `1Gbit/s` (decimal bits, as links are sold). */
export function parseBandwidth(text: string): number {
  const bits = /^([0-9]{1,9}(?:\.[0-9]{1,3})?)([KMGT])bit(?:\/s)?$/i.exec(text.trim());
  if (bits !== null) {
    const [, number = "", unit = ""] = bits;
    return Math.round((Number(number) * 1000 ** (powers[unit.toUpperCase()] ?? 0)) / 8);
  }
  try {
    return parseSize(text.trim().replace(/\/s$/i, ""));
  } catch (cause) {
    throw refused(
      "bandwidth",
      text,
      "Write 100M or 1GiB/s for bytes, 800Mbit or 1Gbit/s for bits",
      cause,
    );
  }
}

const unitMs: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Whole milliseconds of `50ms`, `1.5s`, `10m`, `2h`, `30d`. A unit is required. */
export function parseDuration(text: string): number {
  const match = /^([0-9]{1,9}(?:\.[0-9]{1,3})?) ?(ms|s|min|m|h|d)$/i.exec(text.trim());
  if (match === null) {
    throw refused("duration", text, "Write it with a unit: 50ms, 1.5s, 10m, 2h or 30d");
  }
  const [, number = "", unit = ""] = match;
  return Math.round(Number(number) * (unitMs[unit.toLowerCase()] ?? 0));
}

/** A whole number within bounds, both included. */
export function parseCount(text: string, thing: string, minimum: number, maximum: number): number {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return value;
  throw refused(thing, text, `Give a whole number from ${minimum} to ${maximum}`);
}

function refused(thing: string, text: string, remedy: string, cause?: unknown): FerryError {
  return new FerryError("bad-input", `Cannot understand ${thing} "${text}"`, { remedy, cause });
}
