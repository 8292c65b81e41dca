/**
 * Writes everything that is not ASCII as escapes. V8 keeps the text of every program that runs, in two bytes for each character as soon
 * as one needs them: sixty of them in the agent's dependencies doubled its three megabytes.
 */
interface Chunk {
  code?: string;
}

export const oneByteSource = {
  name: "one-byte-source",
  generateBundle(_options: unknown, bundle: Record<string, Chunk>): void {
    for (const [file, chunk] of Object.entries(bundle)) {
      if (chunk.code !== undefined) chunk.code = escaped(file, chunk.code);
    }
  },
};

/** The same in strings, templates, expressions and names; in comments nobody minds. */
function escaped(file: string, code: string): string {
  // Behind a backslash the escape would not be one.
  const found = /.{0,40}\\[^\0-\x7f]/.exec(code);
  if (found !== null) throw new Error(`Cannot escape "${found[0]}" in ${file}`);
  return code.replaceAll(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
