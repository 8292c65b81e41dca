/** Debian packages fetched and unpacked beside the machine's own, as any user: nothing is installed or started. */
import { execFile } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Slow mirrors exist; a hung one shall not hang a test run for ever. */
const downloadMsMax = 10 * 60_000;
const signed = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]";

export interface PackagePlaces {
  /** Kept here; those already there are used as they are, so that a second build needs no network. */
  readonly archives: string;
  /** Where the packages' files are put. */
  readonly tree: string;
  /** A suite that the machine's own lists may not have, such as `bookworm-backports`; absent: the machine's. */
  readonly suite?: string;
}

export async function unpackPackages(
  names: readonly string[],
  { archives, tree, suite }: PackagePlaces,
): Promise<void> {
  await mkdir(archives, { recursive: true });
  const missing = await missingArchives(names, archives);
  if (missing.length > 0) await download(missing, archives, suite);
  const still = await missingArchives(names, archives);
  if (still.length > 0) {
    throw new Error(`Cannot unpack packages: apt-get did not bring ${still.join(", ")}`);
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

async function download(
  names: readonly string[],
  directory: string,
  suite: string | undefined,
): Promise<void> {
  const get = async (options: readonly string[]): Promise<unknown> => {
    const args = [...options, "-q", "-o", "APT::Sandbox::User=root", "download", ...names];
    return await run("apt-get", args, { cwd: directory, timeout: downloadMsMax });
  };
  if (suite === undefined) await withFreshLists(directory, get);
  else await get(await ownLists(join(directory, suite), suite));
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
    try {
      return await use(await ownLists(join(directory, "apt")));
    } catch (cause) {
      const message =
        "Cannot download Debian packages with apt-get: make a Debian 12 mirror reachable, " +
        "or copy .cache/guest from a machine that built it";
      throw new Error(message, { cause: new AggregateError([first, cause]) });
    }
  }
}

/** Package lists below `directory`, just fetched, as options for apt: of one suite, or of the machine's sources. */
async function ownLists(directory: string, suite?: string): Promise<readonly string[]> {
  await mkdir(join(directory, "lists/partial"), { recursive: true });
  await mkdir(join(directory, "archives/partial"), { recursive: true });
  const options = ["-o", `Dir::State::lists=${directory}/lists`, "-o", `Dir::Cache=${directory}`];
  if (suite !== undefined) {
    const sources = join(directory, "sources.list");
    await writeFile(sources, `deb ${signed} ${await mirrorOf(suite)} ${suite} main\n`);
    options.push("-o", `Dir::Etc::sourcelist=${sources}`, "-o", "Dir::Etc::sourceparts=/dev/null");
  }
  const update = [...options, "-q", "-o", "APT::Sandbox::User=root", "update"];
  await run("apt-get", update, { timeout: downloadMsMax });
  return options;
}

/** Where this machine gets the release from that a suite such as `bookworm-backports` belongs to: its mirror has both. */
async function mirrorOf(suite: string): Promise<string> {
  const format = ["--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"];
  const { stdout } = await run("apt-get", ["indextargets", ...format]);
  const lines = stdout.split("\n").map((line) => line.split(" "));
  const mirror = lines.find(([release]) => release === suite.split("-")[0])?.[1];
  if (mirror === undefined)
    throw new Error(`Cannot find ${suite}: no source of apt has its release`);
  return mirror;
}
