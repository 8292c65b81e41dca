/**
 * Text that came over the network, made safe for a terminal: a control character in a description or a message could
 * otherwise move the cursor or rewrite what was printed before.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

export function printable(text: string): string {
  return text.replace(controls, "\ufffd");
}

/** The same on one line: for cells of a table. */
export function printableLine(text: string): string {
  return printable(text.replace(/\s*[\r\n\t]+\s*/g, " "));
}
