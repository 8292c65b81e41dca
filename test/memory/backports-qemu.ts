/**
 * A second, newer QEMU beside the machine's own: from Debian's bookworm-backports, unpacked into `.cache/` and run
 * from there. Nothing is installed, and the machine's package lists are left alone.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const directory = join(import.meta.dirname, "../../.cache/qemu-backports");
const packages = ["qemu-system-x86", "qemu-system-common", "qemu-system-data"];
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const downloadMsMax = 5 * 60_000;

export interface QemuProgram {
  readonly binary: string;
  /** Where it finds its firmware. */
  readonly args: readonly string[];
}

export const ownQemu: QemuProgram = { binary: "/usr/bin/qemu-system-x86_64", args: [] };

/** The newer QEMU, or why there is none. */
export async function backportsQemu(): Promise<QemuProgram | string> {
  try {
    if (!existsSync(directory)) await download();
    const binary = join(directory, "usr/bin/qemu-system-x86_64");
    await run(binary, ["--version"]);
    const firmware = [join(directory, "usr/share/qemu"), "/usr/share/seabios"];
    return { binary, args: firmware.flatMap((path) => ["-L", path]) };
  } catch (error) {
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return `no QEMU from bookworm-backports: ${line}`;
  }
}

async function download(): Promise<void> {
  await mkdir(dirname(directory), { recursive: true });
  const work = await mkdtemp(`${directory}.`);
  try {
    const sources = join(work, "sources.list");
    const suite = `[signed-by=${keyring}] http://deb.debian.org/debian bookworm-backports main`;
    await writeFile(sources, `deb ${suite}\n`);
    await mkdir(join(work, "lists/partial"), { recursive: true });
    const options = [`Dir::Etc::sourcelist=${sources}`, "Dir::Etc::sourceparts=-"]
      .concat(`Dir::State::lists=${work}/lists`, `Dir::Cache=${work}`, "APT::Sandbox::User=root")
      .flatMap((option) => ["-o", option]);
    await run("apt-get", [...options, "update"], { timeout: downloadMsMax });
    const wanted = packages.map((name) => `${name}/bookworm-backports`);
    const args = [...options, "download", ...wanted];
    await run("apt-get", args, { cwd: work, timeout: downloadMsMax });
    const tree = join(work, "tree");
    await run("sh", ["-c", 'for d in *.deb; do dpkg-deb -x "$d" tree; done'], { cwd: work });
    await rename(tree, directory);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
