/**
 * Which QEMU a lab's hosts run. Without KVM, versions before 9.0 lose changes of memory while they move a guest: after
 * collecting modified pages they forget to watch some again, and the guest crashes sooner or later (QEMU's commit
 * "physmem: Fix migration dirty bitmap coherency with TCG memory access"; seen with 7.2.22 alone, without Ferry). Debian 12
 * has 7.2. There the lab takes the newer one of Debian's backports, unpacked beside the machine's own.
 */
import { execFile } from "node:child_process";
import { constants, existsSync } from "node:fs";
import { access, copyFile, cp, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { unpackPackages } from "./guest-image/debian-packages.ts";

const run = promisify(execFile);
const cache = join(import.meta.dirname, "../.cache");
const program = "qemu-system-x86_64";
const soundVersion = 9;
const packages = ["qemu-system-x86", "qemu-system-common", "qemu-system-data", "seabios"];
/** Where Debian's packages have the ROMs that QEMU looks for in one directory. */
const romDirectories = ["usr/share/qemu", "usr/share/seabios"];
const networkRoms = "/usr/lib/ipxe/qemu";

/** As in the agent's configuration. */
export interface QemuSettings {
  readonly binary: string;
  readonly dataDirectory: string;
}

/**
 * Undefined: the machine's own QEMU is sound. Otherwise a sound one, copied to `directory`, since QEMU's user may not be
 * able to read the working copy.
 */
export async function soundQemu(
  directory: string,
  say: (line: string) => void,
): Promise<QemuSettings | undefined> {
  const unpacked = await unpackSoundQemu(say);
  if (unpacked === undefined) return undefined;
  try {
    await mkdir(directory, { recursive: true });
    const settings = { binary: join(directory, program), dataDirectory: join(directory, "roms") };
    await copyFile(join(unpacked, program), settings.binary, constants.COPYFILE_FICLONE);
    await cp(join(unpacked, "roms"), settings.dataDirectory, { recursive: true });
    return settings;
  } catch (error) {
    return goOnWithout(error, say);
  }
}

/** Where a sound one is kept; undefined where the machine's own is sound, or none can be had. */
export async function unpackSoundQemu(say: (line: string) => void): Promise<string | undefined> {
  if ((await hasKvm()) || (await versionOf(program)) >= soundVersion) return undefined;
  try {
    return await unpackedQemu(say);
  } catch (error) {
    return goOnWithout(error, say);
  }
}

function goOnWithout(error: unknown, say: (line: string) => void): undefined {
  const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
  say(
    `Going on with this machine's QEMU, which without KVM may lose changes of memory in a move: ${reason}`,
  );
}

async function unpackedQemu(say: (line: string) => void): Promise<string> {
  const suite = `${await codename()}-backports`;
  const ready = join(cache, "qemu", suite);
  if (existsSync(ready)) return ready;
  say(`Unpacking the QEMU of ${suite}: the machine's own is unsound without KVM (once)`);
  await mkdir(dirname(ready), { recursive: true });
  // A place of its own: two labs of one process may want it at the same time.
  const work = await mkdtemp(`${ready}.`);
  try {
    const tree = join(work, "tree");
    const archives = join(cache, "debian-packages", suite);
    await unpackPackages(packages, { archives, tree, suite });
    await mkdir(join(work, "roms"));
    for (const directory of [...romDirectories.map((path) => join(tree, path)), networkRoms]) {
      await copyRoms(directory, join(work, "roms"));
    }
    await copyFile(join(tree, "usr/bin", program), join(work, program));
    // Fails where a library of it is missing.
    await versionOf(join(work, program));
    await rm(tree, { recursive: true });
    await rename(work, ready).catch((error: unknown) => {
      // Another run unpacked the same meanwhile.
      if (!existsSync(ready)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return ready;
}

/** Links among them may point to packages that are not here. */
async function copyRoms(from: string, to: string): Promise<void> {
  const filter = (path: string): boolean => existsSync(path);
  await cp(from, to, { recursive: true, dereference: true, filter });
}

/** The major version. */
async function versionOf(binary: string): Promise<number> {
  const { stdout } = await run(binary, ["--version"]);
  return Number(/version (\d+)\./.exec(stdout)?.[1]);
}

/** As the agent judges it, but for the probe: the device alone says nothing where the CPU cannot. */
async function hasKvm(): Promise<boolean> {
  const flags = /^flags\s*:.*\b(?:vmx|svm)\b/m.test(await readFile("/proc/cpuinfo", "utf8"));
  return (
    flags &&
    (await access("/dev/kvm", constants.R_OK | constants.W_OK).then(
      () => true,
      () => false,
    ))
  );
}

async function codename(): Promise<string> {
  const name = /^VERSION_CODENAME=(\w+)$/m.exec(await readFile("/etc/os-release", "utf8"))?.[1];
  if (name === undefined) throw new Error("this is no Debian");
  return name;
}
