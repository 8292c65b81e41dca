/** The QEMUs that the tests of the memory codec run: the machine's own, and one that is sound without KVM. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { soundQemu } from "../../lab/qemu.ts";

const run = promisify(execFile);
const soundVersion = 9;

export interface QemuProgram {
  readonly binary: string;
  /** Where it finds its firmware. */
  readonly args: readonly string[];
  /** Whether it keeps track of every page that an emulated guest changes (docs/decisions/0008). */
  readonly isSound: boolean;
}

export async function ownQemu(): Promise<QemuProgram> {
  const binary = "qemu-system-x86_64";
  const { stdout } = await run(binary, ["--version"]);
  const isSound = Number(/version (\d+)\./.exec(stdout)?.[1]) >= soundVersion;
  return { binary, args: [], isSound };
}

/** Unpacks it to `directory` unless the machine's own is sound. A string says why there is none. */
export async function newerQemu(directory: string): Promise<QemuProgram | string> {
  const own = await ownQemu();
  if (own.isSound) return own;
  let said = "";
  const sound = await soundQemu(directory, (line) => {
    said = line;
  });
  if (sound === undefined) return `no newer QEMU: ${said}`;
  return { binary: sound.binary, args: ["-L", sound.dataDirectory], isSound: true };
}
