/** A block device of the machine, which every host of a lab has, as hosts have a disk of a storage network. */
import { execFile } from "node:child_process";
import { mkdir, open, rm, symlink, truncate } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const directory = "/dev/disk/by-id";

export class LoopDisk implements AsyncDisposable {
  /** As hosts and definitions name it. */
  readonly name: string;
  readonly #device: string;

  private constructor(device: string) {
    this.#device = device;
    this.name = `${directory}/ferry-lab-${process.pid}`;
  }

  static async make(image: string, sizeMib: number): Promise<LoopDisk> {
    await (await open(image, "w")).close();
    await truncate(image, sizeMib * 2 ** 20);
    const { stdout } = await run("losetup", ["--find", "--show", image]);
    const disk = new LoopDisk(stdout.trim());
    await mkdir(directory, { recursive: true });
    await rm(disk.name, { force: true });
    await symlink(disk.#device, disk.name);
    return disk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.name, { force: true });
    await run("losetup", ["--detach", this.#device]);
  }
}
