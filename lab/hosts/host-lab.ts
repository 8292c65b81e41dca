/**
 * A lab of whole Debian hosts on one machine: each a QEMU with a kernel, systemd and KVM of its own, at a bridge in a namespace. What
 * namespaces alone can't show is shown here: packages, services, KVM, the kernel's SMB and RDMA, delay and loss.
 */
import { execFile, spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { addNamespace, inNamespace, listNamespaces, removeNamespace } from "../namespaces.ts";
import { baseImage } from "./base-image.ts";
import {
  type BaseImage,
  bridge,
  type HostMachine,
  type HostsPlan,
  machineArguments,
  movesBridge,
  planHosts,
  switchAddress,
} from "./plan.ts";
import { Shell } from "./shell.ts";

const run = promisify(execFile);
/** A whole host under emulation, on a machine that is busy with everything else. */
const bootMsMax = 10 * 60_000;
/** Its VMs leave or end first, for as long as its settings allow. */
const goneMsMax = 15 * 60_000;

export class HostLab implements AsyncDisposable {
  readonly #plan: HostsPlan;
  readonly #base: BaseImage;
  #shells = 0;

  private constructor(plan: HostsPlan, base: BaseImage) {
    this.#plan = plan;
    this.#base = base;
  }

  /** Builds a lab of fresh hosts and waits until all answer; what a former run of that name left behind goes first. */
  static async up(name: string, count: number, say: (line: string) => void): Promise<HostLab> {
    const plan = planHosts(name, count);
    const lab = new HostLab(plan, await baseImage(say));
    await HostLab.down(name);
    try {
      await mkdir(plan.directory, { recursive: true });
      await addNamespace(plan.namespace);
      for (const name of [bridge, movesBridge]) {
        await lab.#ip("link", "add", name, "type", "bridge", "mcast_snooping", "0");
        await lab.#ip("link", "set", name, "up");
      }
      await lab.#ip("address", "add", switchAddress, "dev", bridge);
      for (const host of plan.hosts) await lab.#makeHost(host);
      await Promise.all(plan.hosts.map(({ name: host }) => lab.start(host, say)));
    } catch (error) {
      await HostLab.down(name);
      throw error;
    }
    return lab;
  }

  /** @throws Error when no lab of that name is up. */
  static async attach(name: string): Promise<HostLab> {
    const present = planHosts(name, 1);
    const namespaces = await listNamespaces(present.namespace);
    if (!namespaces.includes(present.namespace)) {
      throw new Error(`Cannot use the hosts "${name}": they are not up: npm run lab:hosts -- up`);
    }
    const disks = (await readdir(present.directory)).filter((file) => file.endsWith(".qcow2"));
    return new HostLab(planHosts(name, disks.length), await baseImage(() => undefined));
  }

  static async down(name: string): Promise<void> {
    const plan = planHosts(name, 1);
    const there = await listNamespaces(plan.namespace);
    if (there.includes(plan.namespace)) await removeNamespace(plan.namespace);
    await rm(plan.directory, { recursive: true, force: true });
  }

  get hosts(): readonly string[] {
    return this.#plan.hosts.map(({ name }) => name);
  }

  /** The hosts' switch, with this machine's own address in it. */
  get namespace(): string {
    return this.#plan.namespace;
  }

  /** Gone with the lab. */
  get directory(): string {
    return this.#plan.directory;
  }

  shell(host: string): Shell {
    this.#shells += 1;
    const socket = join(this.directory, `${host}-${process.pid}-${this.#shells}.ssh`);
    return new Shell(this.#plan.namespace, this.#host(host).address, this.#base.key, socket);
  }

  /** Power on; resolves when the host answers. */
  async start(name: string, say: (line: string) => void): Promise<void> {
    const host = this.#host(name);
    say(`Starting ${name}`);
    const args = machineArguments(host, this.#base, await canRunGuests());
    const [program, all] = inNamespace(this.#plan.namespace, ["qemu-system-x86_64", ...args]);
    const log = openSync(`${host.console}.qemu`, "a");
    const child = spawn(program, all, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    const ended = new Promise<never>((_, reject) => {
      child.on("error", reject);
      child.on("exit", () => reject(new Error(`Cannot start ${name}: see ${host.console}.qemu`)));
    });
    ended.catch(() => undefined); // a host may end when it is wanted to
    child.unref();
    await Promise.race([this.#answers(name), ended]);
    say(`${name} answers at ${host.address}`);
  }

  /** As if its plug were pulled: nothing is written out. */
  async powerOff(name: string): Promise<void> {
    for (const pid of await this.#processes(name)) process.kill(pid, "SIGKILL");
  }

  /** Resolves when the host is off: it has shut down, or reset itself, which ends its machine too (`-no-reboot`). */
  async gone(name: string): Promise<void> {
    const deadline = performance.now() + goneMsMax;
    while ((await this.#processes(name)).length > 0) {
      if (performance.now() > deadline) throw new Error(`${name} is still on`);
      await sleep(500);
    }
  }

  async #processes(name: string): Promise<number[]> {
    const { disk } = this.#host(name);
    const { stdout } = await run("ip", ["netns", "pids", this.#plan.namespace]);
    const found: number[] = [];
    for (const word of stdout.split("\n").filter((line) => line !== "")) {
      const line = await readFile(`/proc/${word}/cmdline`, "utf8").catch(() => "");
      if (line.includes(disk)) found.push(Number(word));
    }
    return found;
  }

  /** Pulls both of its wires. */
  async cut(name: string): Promise<void> {
    await this.#wires(name, "down");
  }

  async restore(name: string): Promise<void> {
    await this.#wires(name, "up");
  }

  /** What the host sends is delayed and lost, by its own kernel: `delay 10ms`, `delay 50ms loss 0.1%`, `rate 100mbit`; nothing: as before. */
  async impair(name: string, how: readonly string[]): Promise<void> {
    const shell = this.shell(name);
    for (const device of ["eth0", "eth1"]) {
      await shell.run(`tc qdisc delete dev ${device} root 2>/dev/null || true`);
      if (how.length > 0) {
        await shell.run(`tc qdisc add dev ${device} root netem ${how.join(" ")}`);
      }
    }
  }

  async #wires(name: string, state: "up" | "down"): Promise<void> {
    const { tap, moves } = this.#host(name);
    for (const wire of [tap, moves.tap]) await this.#ip("link", "set", wire, state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await HostLab.down(this.#plan.name);
  }

  async #makeHost(host: HostMachine): Promise<void> {
    const backing = ["-F", "raw", "-b", this.#base.disk];
    await run("qemu-img", ["create", "-q", "-f", "qcow2", ...backing, host.disk]);
    for (const [tap, network] of [
      [host.tap, bridge],
      [host.moves.tap, movesBridge],
    ] as const) {
      await this.#ip("tuntap", "add", tap, "mode", "tap");
      await this.#ip("link", "set", tap, "master", network, "up");
    }
  }

  async #answers(name: string): Promise<void> {
    const deadline = performance.now() + bootMsMax;
    const shell = this.shell(name);
    while (!(await shell.answers())) {
      if (performance.now() > deadline) {
        throw new Error(`Cannot use ${name}: no answer, see ${this.#host(name).console}`);
      }
      await sleep(500);
    }
  }

  #host(name: string): HostMachine {
    const host = this.#plan.hosts.find((candidate) => candidate.name === name);
    if (host !== undefined) return host;
    throw new Error(`Cannot find host "${name}": there are ${this.hosts.join(", ")}`);
  }

  async #ip(...args: string[]): Promise<void> {
    await run("ip", ["-n", this.#plan.namespace, ...args]);
  }
}

/** A device alone says nothing: the processor must be able to. */
async function canRunGuests(): Promise<boolean> {
  const processor = await readFile("/proc/cpuinfo", "utf8");
  return existsSync("/dev/kvm") && /^flags\s*:.*\b(svm|vmx)\b/m.test(processor);
}
