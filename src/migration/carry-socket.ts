/** The sockets in a VM's directory through which its QEMU is carried. */
import { rm } from "node:fs/promises";
import { join } from "node:path";

/** A path to listen on; what an agent that was killed in an earlier move left there is gone. One move holds a VM at a time. */
export async function freshSocket(directory: string, name: string): Promise<string> {
  const path = join(directory, name);
  await rm(path, { force: true });
  return path;
}
