/**
 * An agent of a Ferry that is not written yet: this working copy's, but for the versions that it speaks. Its protocol
 * has nothing in common with today's, and its VMs' documents have a later version; those of today it still reads.
 */
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Makes its program in the directory and resolves to its path. */
export async function futureAgent(directory: string): Promise<string> {
  await mkdir(directory);
  for (const part of ["src", "bin", "package.json"]) {
    await cp(join(root, part), join(directory, part), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  await change(join(directory, "src/protocol/version.ts"), [
    ["currentVersion = 3;", "currentVersion = 5;"],
  ]);
  await change(join(directory, "src/vm/definition.ts"), [
    ["definitionVersion = 1;", "definitionVersion = 2;"],
    [
      "version: Type.Literal(definitionVersion)",
      "version: Type.Union([Type.Literal(definitionVersion), Type.Literal(1)])",
    ],
  ]);
  return join(directory, "bin/ferryd.ts");
}

async function change(file: string, replacements: readonly [string, string][]): Promise<void> {
  let text = await readFile(file, "utf8");
  for (const [old, future] of replacements) {
    if (!text.includes(old)) throw new Error(`${file} has no "${old}"`);
    text = text.replace(old, future);
  }
  await writeFile(file, text);
}
