/** One small disk for everything that a lab's host keeps: its state and its own pool. It can be filled, and it can stop answering. */
import { execFile } from "node:child_process";
import { mkdir, open, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const sizeMibDefault = 96;
const chunk = Buffer.alloc(2 ** 20, 0x5a);

export class HostDisk implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Root of a user namespace mounts no images. */
  static async isPossible(): Promise<boolean> {
    const map = await readFile("/proc/self/uid_map", "utf8");
    if (process.getuid?.() !== 0 || !/^\s*0\s+0\s+4294967295\s*$/.test(map)) return false;
    return await run("losetup", ["--find"]).then(
      () => true,
      () => false,
    );
  }

  /** A file system of its own, mounted at `path`. */
  static async make(image: string, path: string, sizeMib = sizeMibDefault): Promise<HostDisk> {
    await (await open(image, "w")).close();
    await truncate(image, sizeMib * 2 ** 20);
    // Nothing is kept back for root, which is who the agent is.
    await run("mkfs.ext4", ["-q", "-m", "0", "-F", image]);
    await mkdir(path, { recursive: true });
    await run("mount", ["-o", "loop", image, path]);
    return new HostDisk(path);
  }

  /** Leaves no room for another byte. */
  async fill(): Promise<void> {
    const file = await open(join(this.path, ".filler"), "w");
    try {
      for (let size = chunk.length; size >= 1; size = Math.floor(size / 4)) {
        await writeUntilFull(file, chunk.subarray(0, size));
      }
    } finally {
      await file.close();
    }
  }

  async makeRoom(): Promise<void> {
    await rm(join(this.path, ".filler"), { force: true });
  }

  /** Whoever writes stands still until `thaw`. */
  async freeze(): Promise<void> {
    await run("fsfreeze", ["--freeze", this.path]);
  }

  async thaw(): Promise<void> {
    await run("fsfreeze", ["--unfreeze", this.path]).catch(() => undefined); // it was not frozen
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.thaw();
    await run("umount", ["--lazy", this.path]);
  }
}

async function writeUntilFull(file: Awaited<ReturnType<typeof open>>, data: Buffer): Promise<void> {
  try {
    for (;;) await file.write(data);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
