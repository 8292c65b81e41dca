/** What a QEMU binary can do, asked once from the binary itself and remembered until the file changes. */
import { FerryError } from "../base/errors.ts";
import { RememberedAnswer } from "../base/remembered-answer.ts";
import { runProgram } from "../base/run-program.ts";
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

const remembered = new RememberedAnswer(ask);

/** @throws FerryError `missing-program`, `unsupported` when older than Ferry drives, `qemu-failed`. */
export async function probeQemu(binary: string): Promise<QemuFeatures> {
  return await remembered.of(binary);
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
