/** What programs for people beside `ferry` have in common: bad input is answered in a line, not with a trace. */

/**
 * Runs a program; the process's exit code is what it answers, 1 after bad input.
 * @param main Throws RangeError or parseArgs' TypeError for what was given; everything else that it throws is a fault.
 */
export async function runProgram(name: string, main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!isBadInput(error)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exitCode = 1;
  }
}

/** @throws RangeError */
export function numberOption(name: string, given: string, least = 0): number {
  const number = Number(given);
  if (given.trim() !== "" && number >= least && Number.isFinite(number)) return number;
  throw new RangeError(`Cannot take --${name} "${given}": wants a number, at least ${least}`);
}

function isBadInput(error: unknown): error is Error {
  if (error instanceof RangeError) return true;
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" && code.startsWith("ERR_PARSE_ARGS");
}
