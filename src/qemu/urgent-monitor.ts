/**
 * A monitor that QEMU obeys while its ordinary one is silent. In a post-copy QEMU's main loop serves the guest's devices; when one of
 * them touches a page that is missing, the loop stands still until the page comes, and so do the commands it runs, among them the ones
 * that would bring the page. Commands said out of band are run by the monitor's own thread instead.
 *
 * Only the main loop can agree to that, once after each connection, and a restarted agent may come when it stands still already. So this
 * monitor is no socket but a pair of FIFOs, which QEMU itself holds open: nobody ever disconnects, and what was agreed while the
 * skeleton was made holds for every agent after that.
 */
import { chownSync, closeSync, constants, existsSync, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { FerryError } from "../base/errors.ts";
import { runProgram } from "../base/run-program.ts";
import { LineSplitter } from "./qmp-lines.ts";
import { parseQmpMessage, type QmpMessage } from "./qmp-message.ts";
import { urgentMonitorPath } from "./sockets.ts";

const commandTimeoutMs = 10_000;

interface PendingCommand {
  readonly command: string;
  readonly answer: PromiseWithResolvers<void>;
}

export class UrgentMonitor implements Disposable {
  /** The VM's own directory. */
  readonly directory: string;
  /** Undefined once it is closed. */
  #toQemu: number | undefined;
  readonly #fromQemu: Socket;
  readonly #splitter = new LineSplitter();
  readonly #pending = new Map<number, PendingCommand>();

  private constructor(directory: string, toQemu: number, fromQemu: number) {
    this.directory = directory;
    this.#toQemu = toQemu;
    // QEMU tells every event here too: they must be read, or they would pile up in it.
    this.#fromQemu = new Socket({ fd: fromQemu, readable: true, writable: false });
    this.#fromQemu.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#fromQemu.on("error", () => undefined); // QEMU's own end says what became of it
    this.#fromQemu.unref();
  }

  /** Before QEMU starts: it opens both. */
  static async make(
    directory: string,
    user: { readonly uid: number; readonly gid: number },
  ): Promise<void> {
    const ends = bothEnds(directory);
    await runProgram("mkfifo", ["-m", "600", ...ends]);
    if (process.getuid?.() === user.uid) return;
    for (const end of ends) chownSync(end, user.uid, user.gid);
  }

  /** Undefined where QEMU has none: it was not started for a move, by an older agent, or is gone. */
  static open(directory: string): UrgentMonitor | undefined {
    const [toQemu, fromQemu] = bothEnds(directory);
    if (!existsSync(toQemu)) return undefined;
    let input: number | undefined;
    try {
      input = openSync(toQemu, constants.O_WRONLY | constants.O_NONBLOCK);
      const output = openSync(fromQemu, constants.O_RDONLY | constants.O_NONBLOCK);
      return new UrgentMonitor(directory, input, output);
    } catch {
      if (input !== undefined) closeSync(input);
      return undefined;
    }
  }

  /** Agrees on commands out of band; once for a QEMU, while its main loop runs. @throws FerryError `qemu-failed`, `timeout`. */
  async agree(): Promise<void> {
    await this.#run("execute", "qmp_capabilities", { enable: ["oob"] });
  }

  /** Runs a command at once, whatever QEMU's main loop does. @throws FerryError `qemu-failed`, `timeout`, `unreachable`. */
  async execute(command: string, args: Record<string, unknown> = {}): Promise<void> {
    await this.#run("exec-oob", command, args);
  }

  async #run(how: string, command: string, args: Record<string, unknown>): Promise<void> {
    // Of a former agent's commands an answer may still be under way.
    const id = process.hrtime.bigint() & 0x1f_ffff_ffff_ffffn;
    const answer = Promise.withResolvers<void>();
    this.#pending.set(Number(id), { command, answer });
    const timer = setTimeout(() => answer.reject(late(command)), commandTimeoutMs);
    try {
      // Short enough for the kernel to take it as a whole.
      const line = JSON.stringify({ [how]: command, arguments: args, id: Number(id) });
      if (this.#toQemu === undefined) throw gone(command);
      writeSync(this.#toQemu, `${line}\r\n`);
      await answer.promise;
    } catch (cause) {
      if (cause instanceof FerryError) throw cause;
      throw gone(command, cause);
    } finally {
      clearTimeout(timer);
      this.#pending.delete(Number(id));
    }
  }

  #read(chunk: Buffer): void {
    for (const line of this.#splitter.push(chunk)) {
      const message = readMessage(line);
      if (message?.kind === "return") this.#pending.get(message.id)?.answer.resolve();
      if (message?.kind !== "error" || message.id === undefined) continue;
      const pending = this.#pending.get(message.id);
      pending?.answer.reject(refused(pending.command, message.description));
    }
  }

  /** May be repeated: the process's end and the agent's may come in either order. */
  [Symbol.dispose](): void {
    this.#fromQemu.destroy();
    if (this.#toQemu !== undefined) closeSync(this.#toQemu);
    // The number may be another file's by now.
    this.#toQemu = undefined;
  }
}

/** Undefined for the end of a line whose beginning a former agent has read. */
function readMessage(line: string): QmpMessage | undefined {
  try {
    return parseQmpMessage(line);
  } catch {
    return undefined;
  }
}

/** What QEMU reads from, and what it writes to. */
function bothEnds(directory: string): [string, string] {
  const path = urgentMonitorPath(directory);
  return [`${path}.in`, `${path}.out`];
}

function refused(command: string, description: string): FerryError {
  return new FerryError("qemu-failed", `Cannot run QMP command "${command}": ${description}`, {
    details: { command },
  });
}

function gone(command: string, cause?: unknown): FerryError {
  return new FerryError("unreachable", `Cannot run QMP command "${command}": nobody reads it`, {
    cause,
  });
}

function late(command: string): FerryError {
  return new FerryError(
    "timeout",
    `Cannot run QMP command "${command}": no answer after ${commandTimeoutMs} ms`,
  );
}
