/** A server's program in the hosts' network, which can be away for a while. */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { end, inNamespace } from "../../lab/namespaces.ts";

export class Served implements AsyncDisposable {
  readonly #namespace: string;
  readonly #command: readonly string[];
  #server: ChildProcess | undefined;

  constructor(namespace: string, command: readonly string[]) {
    this.#namespace = namespace;
    this.#command = command;
  }

  start(): void {
    const [program, args] = inNamespace(this.#namespace, [...this.#command]);
    const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
    // A process group of its own: Samba ends with SIGTERM all that are in its.
    const options = { stdio: "ignore", detached: true } as const;
    this.#server = spawn(program, args, { ...options, env: { ...process.env, PATH } });
  }

  /** It is gone for so long, as when it is restarted. */
  async restart(awayMs: number): Promise<void> {
    await this[Symbol.asyncDispose]();
    await sleep(awayMs);
    this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const server = this.#server;
    if (server?.pid === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    end(server.pid, "SIGTERM");
    await ended;
  }
}
