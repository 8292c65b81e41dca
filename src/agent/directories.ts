/** The directories that the agent needs before anything else. */
import { accessSync, constants, mkdirSync } from "node:fs";
import { FerryError } from "../base/errors.ts";

/** Makes what is missing and proves that the agent may write. @throws FerryError `system-refused` naming the one. */
export function prepareDirectories(paths: { state: string; run: string }): void {
  // The state holds keys. In `run` are the socket and the VMs' directories, which their own modes protect.
  prepare(paths.state, 0o700, "paths.state");
  prepare(paths.run, 0o755, "paths.run");
}

function prepare(path: string, mode: number, setting: string): void {
  try {
    mkdirSync(path, { recursive: true, mode });
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new FerryError(
      "system-refused",
      `Cannot use directory "${path}" (${setting}): it can't be written to`,
      {
        remedy: `Run the agent as root, or set ${setting} in its configuration`,
        cause,
      },
    );
  }
}
