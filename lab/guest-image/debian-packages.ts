/** Debian packages fetched and unpacked beside the machine's own, as any user: nothing is installed or started. */
import { execFile } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Slow mirrors exist; a hung one shall not hang a test run for ever. */
const downloadMsMax = 10 * 60_000;

/**
 * Puts the packages' files under `tree`. Archives already in `archives` are used as they are, so that a second
 * build needs no network.
 */
export async function unpackPackages(
  names: readonly string[],
  { archives, tree }: { archives: string; tree: string },
): Promise<void> {
  await mkdir(archives, { recursive: true });
  const missing = await missingArchives(names, archives);
  if (missing.length > 0) await download(missing, archives);
  const still = await missingArchives(names, archives);
  if (still.length > 0) {
    throw new Error(`Cannot build the guest: apt-get did not bring ${still.join(", ")}`);
  }
  await mkdir(tree, { recursive: true });
  const files = await readdir(archives);
  for (const name of names) {
    const file = files.find((candidate) => isArchiveOf(candidate, name)) ?? "";
    await run("dpkg-deb", ["-x", join(archives, file), tree]);
  }
}

async function missingArchives(names: readonly string[], archives: string): Promise<string[]> {
  const files = await readdir(archives);
  return names.filter((name) => !files.some((file) => isArchiveOf(file, name)));
}

function isArchiveOf(file: string, name: string): boolean {
  return file.startsWith(`${name}_`) && file.endsWith(".deb");
}

/** The package of the kernel that the meta package stands for today, such as `linux-image-6.1.0-56-cloud-amd64`. */
export async function kernelPackage(metaPackage: string, archives: string): Promise<string> {
  const files = await readdir(archives).catch(() => []);
  const there = files.find((file) => /^linux-image-.*-cloud-amd64_/.test(file));
  if (there !== undefined) return there.slice(0, there.indexOf("_"));
  const { stdout } = await withFreshLists(archives, async (options) => {
    return await run("apt-cache", [...options, "depends", metaPackage]);
  });
  const name = /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  if (name === undefined) throw new Error(`Cannot build the guest: apt knows no ${metaPackage}`);
  return name;
}

async function download(names: readonly string[], directory: string): Promise<void> {
  await withFreshLists(directory, async (options) => {
    const args = [...options, "-q", "-o", "APT::Sandbox::User=root", "download", ...names];
    return await run("apt-get", args, { cwd: directory, timeout: downloadMsMax });
  });
}

/**
 * First with the machine's own package lists; where they are empty or name versions that are gone, with lists of our
 * own, which needs no root and leaves the machine's alone.
 */
async function withFreshLists<T>(
  directory: string,
  use: (options: readonly string[]) => Promise<T>,
): Promise<T> {
  try {
    return await use([]);
  } catch (first) {
    const own = join(directory, "apt");
    await mkdir(join(own, "lists/partial"), { recursive: true });
    await mkdir(join(own, "archives/partial"), { recursive: true });
    const options = ["-o", `Dir::State::lists=${own}/lists`, "-o", `Dir::Cache=${own}`];
    try {
      const update = [...options, "-q", "-o", "APT::Sandbox::User=root", "update"];
      await run("apt-get", update, { timeout: downloadMsMax });
      return await use(options);
    } catch (cause) {
      const message =
        "Cannot download the guest's Debian packages with apt-get: make a Debian 12 mirror reachable, " +
        "or copy .cache/guest from a machine that built it";
      throw new Error(message, { cause: new AggregateError([first, cause]) });
    }
  }
}
