/**
 * Text that came over the network, made safe for a terminal: a control character in a description or a message could
 * otherwise move the cursor or rewrite what was printed before.
 */
const controls = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

export function printable(text: string): string {
  return text.replace(controls, "\ufffd");
}

/** The same on one line: for cells of a table. */
export function printableLine(text: string): string {
  return printable(text.replace(/\s*[\r\n\t]+\s*/g, " "));
}
