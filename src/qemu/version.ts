/** QEMU versions, as numbers to compare. Pure. */
import { FerryError } from "../base/errors.ts";

export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
}

/** The oldest QEMU that Ferry drives: what Debian 12 ships. */
export const oldestQemu: QemuVersion = { major: 7, minor: 2, micro: 0 };

/** From what `--version` prints, or from plain `7.2.22`. @throws FerryError `qemu-failed`. */
export function parseQemuVersion(text: string): QemuVersion {
  const match = /(?:version\s+|^)(\d+)\.(\d+)\.(\d+)/.exec(text);
  if (match === null) {
    throw new FerryError("qemu-failed", `Cannot read QEMU's version from "${text.slice(0, 80)}"`);
  }
  return { major: Number(match[1]), minor: Number(match[2]), micro: Number(match[3]) };
}

export function formatQemuVersion(version: QemuVersion): string {
  return `${version.major}.${version.minor}.${version.micro}`;
}

/** Negative when `left` is older, 0 when equal, positive when newer. */
export function compareQemuVersions(left: QemuVersion, right: QemuVersion): number {
  return left.major - right.major || left.minor - right.minor || left.micro - right.micro;
}
