/** Stops the operation when the program itself is wrong. Stays on in production; operating errors are FerryErrors. */
export function invariant(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new Error(`Invariant broken: ${claim}`);
}
