/** What a QEMU binary can do, asked once from the binary itself and remembered until the file changes. */
import { realpath, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { FerryError } from "../base/errors.ts";
import { missingProgram, runProgram, searchPath } from "../base/run-program.ts";
import {
  compareQemuVersions,
  formatQemuVersion,
  oldestQemu,
  parseQemuVersion,
  type QemuVersion,
} from "./version.ts";

export interface QemuFeatures {
  /** The binary, absolute, links resolved. */
  readonly path: string;
  readonly version: QemuVersion;
  /** Pinnable machine types such as `pc-q35-7.2`; no aliases. */
  readonly machines: readonly string[];
  readonly accelerators: readonly string[];
}

const remembered = new Map<string, Promise<QemuFeatures>>();

/** @throws FerryError `missing-program`, `unsupported` when older than Ferry drives, `qemu-failed`. */
export async function probeQemu(binary: string): Promise<QemuFeatures> {
  const path = await findBinary(binary);
  const { mtimeMs, size } = await stat(path);
  const key = `${path} ${mtimeMs} ${size}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const asked = ask(path);
  remembered.set(key, asked);
  // A failure may be passing, such as a host out of memory: the next caller asks again.
  asked.catch(() => remembered.delete(key));
  return asked;
}

/** The newest q35 machine type, for new VMs. @throws FerryError `unsupported`. */
export function newestMachine(features: QemuFeatures): string {
  const newest = features.machines
    .filter((machine) => machine.startsWith("pc-q35-"))
    .sort((left, right) => compareQemuVersions(machineVersion(left), machineVersion(right)))
    .at(-1);
  if (newest === undefined) {
    throw new FerryError(
      "unsupported",
      `Cannot create VMs with "${features.path}": it has no q35 machine`,
      {
        remedy: "Install a QEMU for x86: apt-get install qemu-system-x86",
      },
    );
  }
  return newest;
}

export function parseMachines(help: string): string[] {
  return help
    .split("\n")
    .map((line) => line.split(/\s/, 1)[0] ?? "")
    .filter((name) => /^pc-(q35|i440fx)-[0-9]+\.[0-9]+$/.test(name));
}

export function parseAccelerators(help: string): string[] {
  return help
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^[a-z]+$/.test(line));
}

function machineVersion(machine: string): QemuVersion {
  return parseQemuVersion(`${machine.slice(machine.lastIndexOf("-") + 1)}.0`);
}

async function ask(path: string): Promise<QemuFeatures> {
  const [version, machines, accelerators] = await Promise.all([
    runProgram(path, ["--version"]).then(parseQemuVersion),
    runProgram(path, ["-machine", "help"]).then(parseMachines),
    runProgram(path, ["-accel", "help"]).then(parseAccelerators),
  ]);
  if (compareQemuVersions(version, oldestQemu) < 0) {
    throw new FerryError(
      "unsupported",
      `Cannot use QEMU "${path}": its version is ${formatQemuVersion(version)}, at least ${formatQemuVersion(oldestQemu)} is wanted`,
      { remedy: "Upgrade QEMU, or point qemu.binary in the configuration at a newer one" },
    );
  }
  return { path, version, machines, accelerators };
}

async function findBinary(binary: string): Promise<string> {
  const candidates = binary.includes("/")
    ? [binary]
    : searchPath()
        .split(delimiter)
        .map((directory) => join(directory, binary));
  for (const candidate of candidates) {
    const found = await realpath(candidate).catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw missingProgram(binary);
}
