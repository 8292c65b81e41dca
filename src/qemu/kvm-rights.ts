/** Whether QEMU's user may open /dev/kvm now: what the agent found at its start it found as root. */
import { FerryError } from "../base/errors.ts";
import { ProgramFailure, runProgram } from "../base/run-program.ts";
import type { QemuUser } from "./user.ts";

const device = "/dev/kvm";

/** Why not, as a sentence's end; null when it may. @throws FerryError as `runProgram`, when it can't be told. */
export async function whyNotOpenKvm(user: QemuUser): Promise<string | null> {
  try {
    await runProgram("test", ["-r", device, "-a", "-w", device], { user });
    return null;
  } catch (error) {
    if (!(error instanceof FerryError && error.cause instanceof ProgramFailure)) throw error;
    return `QEMU's user may not open ${device}`;
  }
}
