/** Where a QEMU has its guest's memory: a file that QEMU maps shared, so that the agent can read and write it too. */
import { readdir, readlink } from "node:fs/promises";
import { FerryError } from "../base/errors.ts";

/** The id of the memory backend, which the block of QEMU's stream is named after (command-line.ts). */
export const guestMemoryBlock = "pc.ram";

/**
 * A path that opens the memory file of a QEMU, as long as that runs. The file has no name any more, so it is found among
 * the process's open files. @throws FerryError `unsupported` when there is none.
 */
export async function guestMemoryPath(pid: number): Promise<string> {
  const directory = `/proc/${pid}/fd`;
  for (const name of await readdir(directory)) {
    const target = await readlink(`${directory}/${name}`).catch(() => "");
    if (/\/ferry-[^/]*( \(deleted\))?$/.test(target)) return `${directory}/${name}`;
  }
  throw new FerryError(
    "unsupported",
    `Cannot open the guest's memory: QEMU ${pid} has no memory file`,
    {
      remedy: "Stop and start the VM once with this Ferry version",
    },
  );
}
