/**
 * The console's files, read into memory once: what is not in this list is not served, whatever a path says. Vite puts a
 * hash of the content into the names below `assets/`, so that browsers may keep those for ever.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";

export interface ConsoleFile {
  readonly type: string;
  readonly body: Buffer;
  /** The same, compressed at build time; absent where it would not be smaller. */
  readonly brotli: Buffer | undefined;
  readonly tag: string;
  readonly keepsForEver: boolean;
}

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".html": "text/html; charset=utf-8",
  ".webmanifest": "application/manifest+json",
};

/** By path below `/console/`; empty while the console is not built (`npm run console`). */
export function readConsoleFiles(directory: string): ReadonlyMap<string, ConsoleFile> {
  const files = new Map<string, ConsoleFile>();
  for (const path of listFiles(directory)) {
    const type = types[extname(path)];
    if (type === undefined) continue;
    const body = readFileSync(path);
    const name = relative(directory, path);
    files.set(name, {
      type,
      body,
      brotli: readIfThere(`${path}.br`),
      tag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
      keepsForEver: name.startsWith("assets/"),
    });
  }
  return files;
}

function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined; // small files are not compressed
  }
}
