/** One whole host of the host lab: a machine of its own with kernel, systemd and KVM, reached by ssh. */
import { execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { readStartTicks } from "../agent-process.ts";
import type { ProgramResult } from "../lab-host.ts";
import { end, inNamespace, processesIn } from "../namespaces.ts";
import { bridgeName, clientName, namespaceOf } from "../topology.ts";
import type { BaseImage } from "./base-image.ts";
import { machineArguments } from "./recipe.ts";

const run = promisify(execFile);
/** A machine whose every instruction is emulated, on a machine that is busy. */
const startMsMax = 300_000;
const stopMsMax = 120_000;

export interface HostMachinePlan {
  readonly lab: string;
  readonly name: string;
  /** Of the machine itself; the namespace around it has another. */
  readonly address: string;
  readonly mac: string;
  /** Of the lab. */
  readonly directory: string;
}

export class HostMachine {
  readonly name: string;
  readonly address: string;
  /** Of its serial port. */
  readonly log: string;
  readonly #plan: HostMachinePlan;
  readonly #image: BaseImage;

  constructor(plan: HostMachinePlan, image: BaseImage) {
    this.name = plan.name;
    this.address = plan.address;
    this.#plan = plan;
    this.#image = image;
    this.log = join(plan.directory, plan.name, "console.log");
  }

  /** Makes its disk, an overlay of the base, anew. */
  async makeDisk(): Promise<void> {
    await rm(this.#disk, { force: true });
    const base = ["-b", this.#image.disk, "-F", "raw"];
    await run("qemu-img", ["create", "-q", "-f", "qcow2", ...base, this.#disk]);
  }

  /** Resolves when root can log in. */
  async start(): Promise<void> {
    const { lab, name, address, mac } = this.#plan;
    const namespace = namespaceOf(lab, name);
    await this.#makeTap(namespace);
    const { kernel, initrd } = this.#image;
    const args = machineArguments({
      ...{ name, mac, kernel, initrd, tap, log: this.log },
      address: `${address}/24`,
      disk: this.#disk,
      monitor: this.#monitor,
    });
    const log = openSync(`${this.log}.qemu`, "a");
    const [program, inside] = inNamespace(namespace, ["qemu-system-x86_64", ...args]);
    const child = spawn(program, inside, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    child.unref();
    await this.waitUntil(
      "it can be logged in to",
      async () => (await this.run(["true"])).exitCode === 0,
    );
  }

  /** Runs a program on the host, as root; the words go through no shell but ssh's, and are quoted for it. */
  async run(command: readonly string[], input = ""): Promise<ProgramResult> {
    return await this.shell(command.map(quote).join(" "), input);
  }

  /** Runs a line of shell there. */
  async shell(line: string, input = ""): Promise<ProgramResult> {
    const [program, args] = inNamespace(
      namespaceOf(this.#plan.lab, clientName),
      this.sshCommand([line]),
    );
    const child = spawn(program, args);
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const exit = new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve(code ?? 1));
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      buffer(child.stdout),
      buffer(child.stderr),
      exit,
    ]);
    return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
  }

  /** Like `shell`, but a failure is an error with what the program said. Resolves to its output. */
  async must(line: string, input = ""): Promise<string> {
    const { exitCode, stdout, stderr } = await this.shell(line, input);
    if (exitCode === 0) return stdout;
    throw new Error(`On ${this.name} "${line}" ended with ${exitCode}:\n${stdout}${stderr}`);
  }

  /** The words that log in to the host from the lab's client. */
  sshCommand(words: readonly string[]): string[] {
    const options = [
      "StrictHostKeyChecking=no",
      "UserKnownHostsFile=/dev/null",
      "LogLevel=ERROR",
      "ConnectTimeout=10",
      "ServerAliveInterval=15",
      "ServerAliveCountMax=8",
    ].flatMap((option) => ["-o", option]);
    return ["ssh", "-i", this.#image.key, ...options, `root@${this.address}`, ...words];
  }

  /** Copies a file of this machine to the host. */
  async put(from: string, to: string): Promise<void> {
    const content = await readFile(from);
    const [program, args] = inNamespace(
      namespaceOf(this.#plan.lab, clientName),
      this.sshCommand([`cat > ${quote(to)}`]),
    );
    const child = spawn(program, args, { stdio: ["pipe", "ignore", "inherit"] });
    child.stdin.end(content);
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    if (code !== 0) throw new Error(`Cannot copy ${from} to ${this.name}: ssh ended with ${code}`);
  }

  /** Polls, since what is waited for is on another machine. */
  async waitUntil(what: string, holds: () => Promise<boolean>, msMax = startMsMax): Promise<void> {
    const deadline = performance.now() + msMax;
    while (!(await holds())) {
      if (performance.now() > deadline) {
        const log = await readFile(this.log, "utf8").catch(() => "");
        throw new Error(
          `${this.name}: not so within ${msMax / 1000} s: ${what}. ${log.slice(-1500)}`,
        );
      }
      await sleep(500);
    }
  }

  /** As if its power were cut: nothing is written out. */
  async cutPower(): Promise<void> {
    const pid = await this.#pid();
    if (pid === undefined) return;
    end(pid, "SIGKILL");
    while ((await readStartTicks(pid)) !== undefined) await sleep(20);
  }

  /** Switched off through ACPI, as by its power button: systemd ends what runs. Resolves when the machine is off. */
  async pressPower(): Promise<void> {
    const socket = connect(this.#monitor);
    socket.on("error", () => undefined);
    socket.write('{"execute":"qmp_capabilities"}\n{"execute":"system_powerdown"}\n');
    await this.waitUntil("it is off", async () => (await this.#pid()) === undefined, stopMsMax);
    socket.destroy();
  }

  async isOn(): Promise<boolean> {
    return (await this.#pid()) !== undefined;
  }

  async #makeTap(namespace: string): Promise<void> {
    const ip = (...args: string[]) => run("ip", ["-n", namespace, ...args]);
    await ip("link", "delete", tap).catch(() => undefined);
    await ip("tuntap", "add", "dev", tap, "mode", "tap");
    await ip("link", "set", tap, "master", bridgeName, "up");
  }

  async #pid(): Promise<number | undefined> {
    const pids = await processesIn(namespaceOf(this.#plan.lab, this.name));
    for (const pid of pids) {
      const line = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
      if (line.startsWith("qemu-system-x86_64")) return pid;
    }
    return undefined;
  }

  get #disk(): string {
    return join(this.#plan.directory, this.name, "disk.qcow2");
  }

  get #monitor(): string {
    return join(this.#plan.directory, this.name, "qmp");
  }
}

const tap = "tap0";

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
