/** The way from a pool and a file name to a path that provably lies in the pool. */
import { lstat, realpath } from "node:fs/promises";
import { join } from "node:path";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { FileName } from "../vm/definition.ts";

/**
 * The path of a file that may or may not exist yet. A name is one segment and never hidden, so it cannot leave the
 * directory; a symbolic link could, and is refused where the file is used (`existingFile`).
 * @throws FerryError `bad-input`.
 */
export function poolPath(directory: string, file: string): string {
  const isPlain: boolean = Value.Check(FileName, file);
  if (!isPlain) {
    throw new FerryError("bad-input", `Cannot use file name "${file}": it is not one plain name`, {
      remedy: "Use letters, digits, dots, dashes and underscores, beginning with a letter or digit",
    });
  }
  return join(directory, file);
}

/** @throws FerryError `not-found`, `bad-input` when it is not a regular file of its own. */
export async function existingFile(directory: string, file: string, pool: string): Promise<string> {
  const path = poolPath(directory, file);
  const status = await lstat(path).catch((cause: unknown) => {
    throw new FerryError("not-found", `Cannot find file "${file}" in pool "${pool}"`, {
      remedy: `Put it into ${directory}, or correct the name`,
      cause,
    });
  });
  if (!status.isFile() || (await realpath(path)) !== join(await realpath(directory), file)) {
    throw new FerryError(
      "bad-input",
      `Cannot use file "${file}" of pool "${pool}": it is not a regular file`,
      {
        remedy: "Replace the link by the file it points to",
      },
    );
  }
  return path;
}

/** @throws FerryError `not-found`, `bad-input` when it is not a directory of its own. */
export async function existingDirectory(
  directory: string,
  name: string,
  pool: string,
): Promise<string> {
  const path = poolPath(directory, name);
  const status = await lstat(path).catch(() => undefined);
  if (status?.isDirectory() === true) return path;
  throw new FerryError(
    status === undefined ? "not-found" : "bad-input",
    `Cannot share directory "${name}" of pool "${pool}": ${status === undefined ? "it is not there" : "it is no directory"}`,
    { remedy: `Make the directory in ${directory}, or correct the name` },
  );
}
