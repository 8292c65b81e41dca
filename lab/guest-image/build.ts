/**
 * The guest that the lab boots: Debian's cloud kernel and an initramfs of busybox and real programs, from Debian's
 * packages. Built once for each state of its inputs, into `.cache/guest/<hash>/`, in about ten seconds.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import {
  directories,
  kernelMetaPackage,
  modules,
  packages,
  programs,
  smallPrograms,
} from "./contents.ts";
import { archive, characterDeviceMode, directoryMode, type Entry, linkMode } from "./cpio.ts";
import { kernelPackage, unpackPackages } from "./debian-packages.ts";
import { loadOrder } from "./kernel-modules.ts";

const run = promisify(execFile);
const cache = join(import.meta.dirname, "../../.cache");
const libraryDirectories = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];
const loader = "lib64/ld-linux-x86-64.so.2";

/** `whole`: with real servers; `small`: with its own little programs only. */
export type GuestKind = "whole" | "small";

export interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
}

/** @param say Told when the image has to be built first, which takes a while. */
export async function guestImage(
  say: (line: string) => void = () => {},
  kind: GuestKind = "whole",
): Promise<GuestImage> {
  const directory = join(
    cache,
    "guest",
    `${await inputsHash()}${kind === "whole" ? "" : "-small"}`,
  );
  const image = { kernel: join(directory, "vmlinuz"), initrd: join(directory, "initrd.img") };
  if (existsSync(image.initrd)) return image;
  say("Building the guest image from Debian packages (once)");
  await mkdir(dirname(directory), { recursive: true });
  // A place of its own: two labs of one process may want it at the same time.
  const work = await mkdtemp(`${directory}.`);
  try {
    await build(work, kind);
    await rename(work, directory).catch((error: unknown) => {
      // Another run built the same meanwhile.
      if (!existsSync(image.initrd)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return image;
}

async function inputsHash(): Promise<string> {
  const hash = createHash("sha256");
  for (const path of (await readdir(import.meta.dirname, { recursive: true })).toSorted()) {
    const file = join(import.meta.dirname, path);
    const { mode } = await stat(file);
    if ((mode & 0o040000) !== 0 || path.endsWith(".test.ts")) continue;
    hash.update(`${path}\0${mode}\0`).update(await readFile(file));
  }
  return hash.digest("hex").slice(0, 16);
}

async function build(work: string, kind: GuestKind): Promise<void> {
  const tree = join(work, "tree");
  const archives = join(cache, "debian-packages");
  const kernel = await kernelPackage(kernelMetaPackage, archives);
  await unpackPackages([kernel, ...packages], { archives, tree });
  const entries = new Map<string, Entry>();
  await addModules(entries, join(tree, "lib/modules"));
  await addPrograms(entries, tree, kind === "whole" ? programs : smallPrograms);
  for (const path of directories) await addDirectory(entries, join(tree, path), path);
  await addDirectory(entries, join(import.meta.dirname, "root"), "");
  keepWhatIsThere(entries);
  // The kernel opens the console for init before devtmpfs is mounted.
  entries.set("dev/console", { path: "dev/console", mode: characterDeviceMode, device: [5, 1] });
  await writeFile(join(work, "initrd.img"), archive(withParents(entries)));
  const version = kernel.slice("linux-image-".length);
  await rename(join(tree, "boot", `vmlinuz-${version}`), join(work, "vmlinuz"));
  await rm(tree, { recursive: true });
}

async function addModules(entries: Map<string, Entry>, directory: string): Promise<void> {
  const order = await loadOrder(directory, modules);
  for (const { name, data } of order) addFile(entries, `lib/modules/${name}.ko`, data, 0o644);
  const list = order.map(({ name }) => `${name}\n`).join("");
  addFile(entries, "lib/modules/order", Buffer.from(list), 0o644);
}

async function addPrograms(
  entries: Map<string, Entry>,
  tree: string,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [from, to] of Object.entries(wanted)) {
    const program = join(tree, from);
    addFile(entries, to, await readFile(program), 0o755);
    for (const library of await librariesOf(program, tree)) {
      addFile(entries, library.path, await readFile(library.file), 0o755);
    }
  }
}

/** The first process starts no server that this image lacks. */
function keepWhatIsThere(entries: Map<string, Entry>): void {
  const path = "etc/inittab";
  const lines = entries.get(path)?.data?.toString().split("\n") ?? [];
  const kept = lines.filter((line) => {
    const server = /::respawn:\/bin\/(redis-server) /.exec(line)?.[1];
    return server === undefined || entries.has(`bin/${server}`);
  });
  addFile(entries, path, Buffer.from(kept.join("\n")), 0o644);
}

/** Asks the packages' own loader, so that nothing of the machine the image is built on gets into it. */
async function librariesOf(
  program: string,
  tree: string,
): Promise<Array<{ path: string; file: string }>> {
  // A program without an interpreter, such as busybox-static, needs none; the loader would crash on it.
  const head = (await readFile(program)).subarray(0, 4096);
  if (!head.includes(`/${loader}`)) return [];
  const search = libraryDirectories.map((directory) => join(tree, directory)).join(":");
  const realLoader = join(tree, "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
  const args = ["--library-path", search, "--list", await realpath(program)];
  const listed = await run(realLoader, args);
  const missing = /^\s*(\S+) => not found/m.exec(listed.stdout)?.[1];
  if (missing !== undefined)
    throw new Error(`Cannot build the guest: no package brings ${missing}`);
  const files = [...listed.stdout.matchAll(/=> (\/\S+) /g)].map((match) => match[1] ?? "");
  const libraries = files.map((file) => ({ path: relative(tree, file), file }));
  return [...libraries, { path: loader, file: realLoader }];
}

async function addDirectory(
  entries: Map<string, Entry>,
  directory: string,
  prefix: string,
): Promise<void> {
  for (const child of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const file = join(child.parentPath, child.name);
    const path = join(prefix, relative(directory, file));
    if (child.isSymbolicLink()) {
      entries.set(path, { path, mode: linkMode, data: Buffer.from(await readlink(file)) });
    } else if (child.isFile()) {
      addFile(entries, path, await readFile(file), (await stat(file)).mode & 0o755);
    }
  }
}

function addFile(entries: Map<string, Entry>, path: string, data: Buffer, mode: number): void {
  entries.set(path, { path, mode: 0o100000 | mode, data });
}

/** Every directory on the way to a file, each before what is in it. */
function withParents(entries: ReadonlyMap<string, Entry>): Entry[] {
  const paths = new Set<string>();
  for (const path of entries.keys()) {
    for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) paths.add(parent);
  }
  const parents = [...paths].map((path) => ({ path, mode: directoryMode }));
  return [...parents.toSorted((a, b) => a.path.length - b.path.length), ...entries.values()];
}
