/**
 * Takes a file's name if nobody has it: of two hosts that try at once one succeeds. By a hard link, which appears whole or not
 * at all; a share without hard links (SMB through FUSE) at least makes a new file only once.
 */
import { constants, copyFile, link } from "node:fs/promises";

/** `draft` becomes the content of `path`. False when the name is taken. */
export async function takeName(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    if (!hasNoLinks(error)) throw error;
  }
  try {
    await copyFile(draft, path, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EEXIST";
}

function hasNoLinks(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code);
}
