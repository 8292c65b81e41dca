/**
 * An agent of a Ferry that is not written yet, or of an earlier one: this working copy's, but for the versions that it speaks.
 * A later one still reads today's documents.
 */
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Nothing in common with today's protocol, and VMs' documents of a later version. */
export async function futureAgent(directory: string): Promise<string> {
  return await agentOfAge(directory, { protocol: 5, document: 2 });
}

/** Makes its program in the directory and resolves to its path. @param protocol The newest that it speaks. */
export async function agentOfAge(
  directory: string,
  { protocol, document }: { protocol: number; document: 1 | 2 },
): Promise<string> {
  await mkdir(directory);
  for (const part of ["src", "bin", "package.json"]) {
    await cp(join(root, part), join(directory, part), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  await change(join(directory, "src/protocol/version.ts"), [
    ["currentVersion = 3;", `currentVersion = ${protocol};`],
  ]);
  if (document === 2) {
    await change(join(directory, "src/vm/definition.ts"), [
      ["definitionVersion = 1;", "definitionVersion = 2;"],
      [
        "version: Type.Literal(definitionVersion)",
        "version: Type.Union([Type.Literal(definitionVersion), Type.Literal(1)])",
      ],
    ]);
  }
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
