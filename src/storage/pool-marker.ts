/**
 * The file `.ferry-pool` in a pool's directory: an id, made when the first host adds the directory. A host that adds
 * the same directory later finds the same id, which is the first hint (not the proof: shared-proof.ts) that two hosts'
 * pools are one.
 */
import { randomUUID } from "node:crypto";
import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { FerryError } from "../base/errors.ts";
import { takeName } from "./take-name.ts";

const markerName = ".ferry-pool";
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The pool's id, made if the directory has none. @throws FerryError `system-refused`. */
export async function readOrCreateMarker(directory: string): Promise<string> {
  const present = await readMarker(directory);
  if (present !== undefined) return present;
  try {
    await createMarker(directory);
  } catch (cause) {
    throw new FerryError("system-refused", `Cannot write into pool directory "${directory}"`, {
      remedy: "Give the agent the right to write there",
      cause,
    });
  }
  const created = await readMarker(directory);
  if (created === undefined) throw damaged(directory);
  return created;
}

/** Undefined when the directory is not a pool. @throws FerryError `system-refused` when the marker is damaged. */
export async function readMarker(directory: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(join(directory, markerName), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw damaged(directory, error);
  }
  const id = text.trim();
  if (!uuid.test(id)) throw damaged(directory);
  return id;
}

/** Two hosts may add the directory at once: a hard link appears whole or not at all, and only one can be first. */
async function createMarker(directory: string): Promise<void> {
  const temporary = join(directory, `${markerName}.${randomUUID()}`);
  try {
    const file = await open(temporary, "wx", 0o644);
    await file.writeFile(`${randomUUID()}\n`);
    await file.sync();
    await file.close();
    await takeName(temporary, join(directory, markerName));
  } finally {
    await rm(temporary, { force: true });
  }
}

function damaged(directory: string, cause?: unknown): FerryError {
  return new FerryError(
    "system-refused",
    `Cannot read the pool marker "${join(directory, markerName)}"`,
    {
      remedy: "Make it readable, or remove it if no other host uses this directory as a pool",
      cause,
    },
  );
}
