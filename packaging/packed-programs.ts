/**
 * The agent and the command line packed into a few files (pack-config.ts), made from the sources as they are now and kept by their digest:
 * what starts can't be stale, and what did not change is not packed again.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
const config = "packaging/pack-config.ts";
const madeBy = [config, "packaging/one-byte-source.ts", "package-lock.json"];
/** Two folders below the root, like sources: what the agent finds from its own place it finds from there, too. */
const packed = join(root, ".cache");
const prefix = "agent-";
const keptMax = 8;

/** Resolves to the path of `ferryd.js`, which the lab starts. */
export async function packedAgent(): Promise<string> {
  const directory = join(packed, `${prefix}${digest()}`);
  const program = join(directory, "ferryd.js");
  if (existsSync(program)) return program;
  await mkdir(packed, { recursive: true });
  // Not by the process's id: two of different pid namespaces may have the same.
  const draft = await mkdtemp(join(packed, "packing-"));
  await packPrograms(draft);
  // Another process may have packed the same meanwhile.
  await rename(draft, directory).catch(() => rm(draft, { recursive: true }));
  await forgetOthers(directory);
  return program;
}

/** Writes `ferryd.js`, `ferry.js` and what belongs to them into a directory, and the licences of all that is in them. */
export async function packPrograms(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "--config", config, "--outDir", directory, "--emptyOutDir"];
  await run(process.execPath, args, { cwd: root });
}

function digest(): string {
  const hash = createHash("sha256");
  const sources = globSync("{bin,src}/**/*.ts", { cwd: root, exclude: ["**/*.test.ts"] });
  for (const path of [...madeBy, ...sources.toSorted()]) {
    hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** Agents that still run have read theirs, but not yet the workers that they start later: the last ones stay. */
async function forgetOthers(directory: string): Promise<void> {
  const paths = globSync(`${prefix}*`, { cwd: packed }).map((name) => join(packed, name));
  const dated = paths
    .filter((path) => path !== directory)
    .map((path) => ({ path, madeAt: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((left, right) => right.madeAt - left.madeAt);
  for (const { path } of dated.slice(keptMax)) await rm(path, { recursive: true, force: true });
}
