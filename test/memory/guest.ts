/** A real guest under QEMU for the tests of the memory codec, whose memory the test reads and writes too. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { guestImage } from "../../lab/guest-image/build.ts";
import {
  findGuestMemory,
  type GuestMemory,
  guestMemoryBlock,
} from "../../src/qemu/guest-memory.ts";
import { QmpClient } from "../../src/qemu/qmp-client.ts";
import type { QemuProgram } from "./qemus.ts";

/** The guest image unpacks into memory. */
export const memoryMiB = 384;
/** One that QEMU 7.2 and those after it have. */
const machine = "pc-q35-7.2";

/** A guest that does not answer by then hangs: booting takes it six seconds on an idle machine. */
const answerMsMax = 90_000;

export interface GuestOptions {
  readonly program: QemuProgram;
  readonly directory: string;
  readonly name: string;
  /** Starts a target that waits for a stream, instead of a guest that boots. */
  readonly incoming?: boolean;
}

export class Guest implements AsyncDisposable {
  readonly program: QemuProgram;
  /** Where its sockets may be: a path to add a suffix to. */
  readonly place: string;
  readonly #process: ChildProcess;
  readonly #qmp: QmpClient;
  readonly #serial: Socket;
  readonly #gone = new AbortController();
  #console = "";

  private constructor(
    program: QemuProgram,
    child: ChildProcess,
    place: string,
    qmp: QmpClient,
    serial: Socket,
  ) {
    this.program = program;
    this.#process = child;
    this.place = place;
    this.#qmp = qmp;
    this.#serial = serial;
    child.once("exit", () => this.#gone.abort());
    serial.on("data", (chunk: Buffer) => {
      this.#console += chunk.toString("latin1");
    });
  }

  static async start({ program, directory, name, incoming }: GuestOptions): Promise<Guest> {
    const image = await guestImage();
    const path = (suffix: string) => join(directory, `${name}.${suffix}`);
    const backend = `memory-backend-ram,id=${guestMemoryBlock},size=${memoryMiB}M`;
    const args = [...program.args, "-nodefaults", "-display", "none", "-S"]
      .concat(
        "-machine",
        `${machine},accel=tcg,memory-backend=${guestMemoryBlock}`,
        "-cpu",
        "qemu64",
      )
      .concat("-object", backend, "-m", `${memoryMiB}M`)
      .concat("-device", "VGA", "-device", "virtio-rng-pci")
      .concat("-kernel", image.kernel, "-initrd", image.initrd)
      .concat("-append", "console=ttyS0 quiet")
      .concat("-chardev", `socket,id=serial,path=${path("serial")},server=on,wait=off`)
      .concat("-serial", "chardev:serial")
      .concat("-qmp", `unix:${path("qmp")},server=on,wait=off`)
      .concat(incoming === true ? ["-incoming", "defer"] : []);
    const process = spawn(program.binary, args, { stdio: ["ignore", "inherit", "inherit"] });
    try {
      const qmp = await monitorOf(process, path("qmp"));
      const serial = connect(path("serial"));
      await once(serial, "connect");
      return new Guest(program, process, join(directory, name), qmp, serial);
    } catch (error) {
      process.kill("SIGKILL");
      throw error;
    }
  }

  async execute<Result = unknown>(
    command: string,
    args?: Record<string, unknown>,
  ): Promise<Result> {
    return await this.#qmp.execute<Result>(command, args);
  }

  /** Turns migration capabilities on. */
  async enable(...capabilities: readonly string[]): Promise<void> {
    await this.execute("migrate-set-capabilities", {
      capabilities: capabilities.map((capability) => ({ capability, state: true })),
    });
  }

  async memory(): Promise<GuestMemory> {
    return await findGuestMemory(this.#qmp, this.#process.pid ?? 0, memoryMiB * 1024 * 1024);
  }

  /** Runs a command in the guest's shell; fails if the command does. */
  async shell(command: string): Promise<void> {
    const mark = `done-${Math.floor(performance.now() * 1000)}`;
    // The echo of the line itself must not be taken for its output.
    this.#serial.write(`${command}; echo ${mark.slice(0, 4)}""${mark.slice(4)}-$?-\n`);
    await this.says(`${mark}-0-`, new RegExp(`${mark}-[1-9]`));
  }

  /** Waits until the guest's console has said something; fails if it says the other thing. */
  async says(text: string, failure?: RegExp): Promise<void> {
    const signal = AbortSignal.any([this.#gone.signal, AbortSignal.timeout(answerMsMax)]);
    while (!this.#console.includes(text)) {
      if (failure?.test(this.#console) === true) throw new Error(`The guest said ${this.#console}`);
      await once(this.#serial, "data", { signal });
    }
    this.#console = this.#console.slice(this.#console.indexOf(text) + text.length);
  }

  /** Waits until the migration's state is one of these, and returns it. */
  async migrationState(...wanted: string[]): Promise<string> {
    for (;;) {
      const { status = "none" } = await this.execute<{ status?: string }>("query-migrate");
      if (wanted.includes(status)) return status;
      await wait(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#serial.destroy();
    await this.#qmp[Symbol.asyncDispose]();
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await gone;
  }
}

/** QEMU's sockets are there a moment before it listens on them, on the monitor's last. */
async function monitorOf(process: ChildProcess, path: string): Promise<QmpClient> {
  for (;;) {
    try {
      return await QmpClient.connect(path);
    } catch (error) {
      if (process.exitCode !== null) throw error;
      await wait(10);
    }
  }
}

/** Opens a file for the time of a call. */
export async function withFile<T>(path: string, use: (fd: number) => Promise<T>): Promise<T> {
  const fd = openSync(path, "r+");
  try {
    return await use(fd);
  } finally {
    closeSync(fd);
  }
}
