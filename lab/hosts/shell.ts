/** Commands on one host of the lab, as root over ssh. */
import { spawn, type StdioOptions } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { inNamespace } from "../namespaces.ts";

const options = [
  ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
  ...["-o", "ConnectTimeout=60", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"],
];

export interface ShellResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Shell {
  readonly #namespace: string;
  readonly #address: string;
  readonly #key: string;

  constructor(namespace: string, address: string, key: string) {
    this.#namespace = namespace;
    this.#address = address;
    this.#key = key;
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
    const ssh = ["ssh", "-i", this.#key, ...options, ...more, `root@${this.#address}`];
    const [program, args] = inNamespace(this.#namespace, command === "" ? ssh : [...ssh, command]);
    return spawn(program, args, { stdio });
  }
}

async function ended(child: ReturnType<typeof spawn>): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on("error", reject);
  child.on("close", (code) => resolve(code ?? 1));
  return await promise;
}
