/** Commands on one host of the lab, as root over ssh. */
import { spawn, type StdioOptions } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { inNamespace } from "../namespaces.ts";

const options = [
  ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
  ...["-o", "ConnectTimeout=60", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"],
];

/**
 * One connection carries all commands of a shell: an emulated host computes for seconds at each new one. It ends when its host does not answer any
 * more; commands make one of their own until there is another.
 */
const shared = ["-M", "-N", "-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=3"];

export interface ShellResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Shell {
  readonly #namespace: string;
  readonly #address: string;
  readonly #key: string;
  readonly #socket: string;
  #connection: ReturnType<typeof spawn> | undefined;

  /** @param socket Where its connection is found; one place for each shell. */
  constructor(namespace: string, address: string, key: string, socket: string) {
    this.#namespace = namespace;
    this.#address = address;
    this.#key = key;
    this.#socket = socket;
  }

  async answers(): Promise<boolean> {
    return (await this.try("true")).exitCode === 0;
  }

  /** Standard output. @throws Error with what the command said when it fails. */
  async run(command: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.try(command);
    if (exitCode === 0) return stdout;
    throw new Error(`"${command}" ended with ${exitCode}: ${stderr.trim() || stdout.trim()}`);
  }

  /** However it ends. */
  async try(command: string): Promise<ShellResult> {
    const child = this.#start(command, ["ignore", "pipe", "pipe"]);
    const [stdout, stderr, exitCode] = await Promise.all([
      child.stdout === null ? "" : buffer(child.stdout),
      child.stderr === null ? "" : buffer(child.stderr),
      ended(child),
    ]);
    return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
  }

  /** On the terminal; no command: a shell. */
  async attached(command: readonly string[]): Promise<number> {
    return await ended(
      this.#start(command.join(" "), "inherit", command.length === 0 ? ["-t"] : []),
    );
  }

  async copyTo(file: string, path: string): Promise<void> {
    const input = openSync(file, "r");
    const child = this.#start(`cat > ${path}`, [input, "inherit", "inherit"]);
    closeSync(input);
    const exitCode = await ended(child);
    if (exitCode !== 0) throw new Error(`Cannot copy ${file} to ${this.#address}`);
  }

  #start(command: string, stdio: StdioOptions, more: readonly string[] = []) {
    this.#connect();
    return this.#ssh(more, command === "" ? [] : [command], stdio);
  }

  /** Ends with its host, or with this process. */
  #connect(): void {
    if (this.#connection !== undefined) return;
    const connection = this.#ssh(shared, [], "ignore");
    this.#connection = connection;
    const kill = (): void => void connection.kill();
    process.once("exit", kill);
    connection.on("error", () => undefined); // commands say so
    connection.once("exit", () => {
      process.off("exit", kill);
      this.#connection = undefined;
    });
    connection.unref();
  }

  #ssh(more: readonly string[], command: readonly string[], stdio: StdioOptions) {
    const place = ["-i", this.#key, ...options, "-o", `ControlPath=${this.#socket}`];
    const ssh = ["ssh", ...place, ...more, `root@${this.#address}`, ...command];
    const [program, args] = inNamespace(this.#namespace, ssh);
    return spawn(program, args, { stdio });
  }
}

async function ended(child: ReturnType<typeof spawn>): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on("error", reject);
  child.on("close", (code) => resolve(code ?? 1));
  return await promise;
}
