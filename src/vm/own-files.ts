/** Files and directories that QEMU's user shall own, or pass through. */
import { chmod, chown, stat } from "node:fs/promises";
import type { QemuUser } from "../qemu/user.ts";

/** Lets everybody through a directory, without letting them list it. */
export async function letPass(directory: string): Promise<void> {
  const { mode } = await stat(directory);
  if ((mode & 0o011) !== 0o011) await chmod(directory, (mode & 0o7777) | 0o011);
}

export async function giveAway(path: string, user: QemuUser, mode?: number): Promise<void> {
  if (mode !== undefined) await chmod(path, mode);
  if (user.uid !== process.getuid?.()) await chown(path, user.uid, user.gid);
}
