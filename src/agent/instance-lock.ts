/**
 * One agent a host: two would both adopt its VMs. The lock is SQLite's on a file of its own, which the kernel takes
 * back when the process ends, however it ends; a file with a process id in it would outlive a crash.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { FerryError } from "../base/errors.ts";

/** Held until it is disposed of. @throws FerryError `in-use` while another agent holds it. */
export function lockInstance(stateDirectory: string): Disposable {
  const path = join(stateDirectory, "agent.lock");
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    throw new FerryError("in-use", `Cannot start the agent: another one uses "${stateDirectory}"`, {
      remedy:
        "Stop it first: systemctl stop ferryd. Or give this one its own paths in its configuration",
      cause,
    });
  }
  return { [Symbol.dispose]: () => database.close() };
}
