/** What QEMU's user may open, asked of the kernel as that user: permission bits alone tell neither of access lists nor of the directories on the way. */
import { FerryError } from "../base/errors.ts";
import { ProgramFailure, runProgram } from "../base/run-program.ts";
import type { QemuUser } from "./user.ts";

export interface WantedAccess {
  readonly path: string;
  /** For reading it is wanted in any case. */
  readonly writes: boolean;
}

/** Whether the user may open all of them; undefined where the question itself failed. */
export async function mayOpen(
  user: QemuUser,
  wanted: readonly WantedAccess[],
): Promise<boolean | undefined> {
  const tests = wanted.flatMap(({ path, writes }) => [
    ["-r", path],
    ...(writes ? [["-w", path]] : []),
  ]);
  const expression = tests.flatMap((test, index) => (index === 0 ? test : ["-a", ...test]));
  try {
    await runProgram("test", expression, { user });
    return true;
  } catch (error) {
    const cause = error instanceof FerryError ? error.cause : undefined;
    return cause instanceof ProgramFailure && cause.exitCode === 1 ? false : undefined;
  }
}
