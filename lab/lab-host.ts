/** One host of the lab: its agent, and the ways to ask it. */
import { execFile, spawn } from "node:child_process";
import { constants } from "node:fs";
import { access, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ApiClient } from "../src/api/client.ts";
import type { CallArguments, Routes } from "../src/api/routes-table.ts";
import { AgentProcess, ownFile } from "./agent-process.ts";
import { end, inNamespace, processesIn } from "./namespaces.ts";
import type { QemuSettings } from "./qemu.ts";
import { bridgeName, type HostPlan, labDirectory, namespaceOf } from "./topology.ts";

const run = promisify(execFile);
const ferryProgram = join(import.meta.dirname, "../bin/ferry.ts");

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of the agents' configuration: whole sections to merge, or single values. */
export type LabSettings = Readonly<Record<string, object | boolean | string>>;

export class LabHost {
  readonly name: string;
  readonly address: string;
  /** Configuration, state, sockets, log and the pool `local` of this host. */
  readonly directory: string;
  readonly namespace: string;
  readonly socket: string;
  readonly agent: AgentProcess;
  readonly #lab: string;

  constructor(lab: string, { name, address }: HostPlan) {
    this.#lab = lab;
    this.name = name;
    this.address = address;
    this.directory = join(labDirectory(lab), name);
    this.namespace = namespaceOf(lab, name);
    this.socket = join(this.directory, "run/ferryd.sock");
    const config = join(this.directory, "ferryd.yaml");
    const { directory, namespace, socket } = this;
    this.agent = new AgentProcess({ namespace, directory, socket, config });
  }

  /**
   * @param settings Merged into the configuration's top-level sections.
   * @param qemu Another QEMU than the machine's.
   */
  async prepare(settings: LabSettings = {}, qemu?: QemuSettings): Promise<void> {
    await mkdir(join(this.directory, "local"), { recursive: true });
    const config: Record<string, unknown> = {
      name: this.name,
      paths: { state: join(this.directory, "state"), run: join(this.directory, "run") },
      api: { advertise: this.address },
      qemu: { user: await unprivilegedUser(), ...qemu },
      log: { level: "debug" },
    };
    for (const [section, values] of Object.entries(settings)) {
      config[section] =
        typeof values === "object"
          ? { ...(config[section] as object | undefined), ...values }
          : values;
    }
    // JSON is YAML.
    await writeFile(join(this.directory, "ferryd.yaml"), JSON.stringify(config, undefined, 2));
  }

  /**
   * From the agent's next start on this host's QEMU may learn of pages that a guest misses (post-copy), whatever the machine
   * allows. Only root can; false where that is not possible.
   */
  async lendUserfault(): Promise<boolean> {
    const device = ownFile(this.directory, "/dev/userfaultfd");
    try {
      await mkdir(dirname(device), { recursive: true });
      await run("mknod", ["--mode=0666", device, "c", "10", await userfaultMinor()]);
      // A device on a file system that allows none, or in a user namespace, is only a name.
      await access(device, constants.R_OK | constants.W_OK);
      return true;
    } catch {
      await rm(device, { force: true });
      return false;
    }
  }

  /**
   * From the agent's next start on this host has a file of its own at that path, instead of the machine's; what is written to it again
   * is seen at once.
   */
  async writeOwnFile(path: string, content: string | Uint8Array): Promise<void> {
    const own = ownFile(this.directory, path);
    await mkdir(dirname(own), { recursive: true });
    await writeFile(own, content);
  }

  /** As if its power cord were pulled: everything that runs on it is gone at once. `agent.start()` is its return. */
  async powerCut(): Promise<void> {
    for (let pids = await this.processes(); pids.length > 0; pids = await this.processes()) {
      for (const pid of pids) end(pid, "SIGKILL");
      await sleep(20);
    }
  }

  async processes(): Promise<number[]> {
    return await processesIn(this.namespace);
  }

  /** The pools and the switch that every host of the lab has: `vms` shared by all, `local`, and `lan`. */
  async furnish(): Promise<void> {
    const { pools } = await this.api("GET /v1/pools");
    const shared = join(labDirectory(this.#lab), "vms");
    const wanted = { vms: shared, local: join(this.directory, "local") };
    for (const [name, path] of Object.entries(wanted)) {
      if (pools.some((pool) => pool.name === name)) continue;
      await this.api("POST /v1/pools", { body: { name, path } });
    }
    const { switches } = await this.api("GET /v1/switches");
    if (!switches.some(({ name }) => name === "lan")) {
      await this.api("POST /v1/switches", { body: { name: "lan", bridge: bridgeName } });
    }
  }

  /** Copies the guest's kernel from the shared pool to this host's own. */
  async takeKernel(): Promise<void> {
    for (const file of ["vmlinuz", "initrd.img"]) {
      const shared = join(labDirectory(this.#lab), "vms", file);
      await copyFile(shared, join(this.directory, "local", file));
    }
  }

  /** One call of this host's API, over its local socket. */
  async api<Route extends keyof Routes>(
    route: Route,
    ...request: CallArguments<Route>
  ): Promise<Routes[Route]["answer"]> {
    using client = this.client();
    return await client.call(route, ...request);
  }

  client(): ApiClient {
    return new ApiClient({ kind: "socket", path: this.socket });
  }

  /** The `ferry` command on this host, as a person there would type it. */
  async ferry(args: readonly string[], input = ""): Promise<ProgramResult> {
    return await this.run([...this.ferryCommand, ...args], input);
  }

  /** What `ferry` is, as the beginning of a command line. */
  get ferryCommand(): readonly string[] {
    return [process.execPath, ferryProgram];
  }

  /** Any program on this host. */
  async run(command: readonly string[], input = ""): Promise<ProgramResult> {
    const [program, args] = inNamespace(this.namespace, command);
    const child = spawn(program, args, { env: this.environment() });
    // A program that ends before it has read its input is no fault of ours.
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

  environment(): NodeJS.ProcessEnv {
    return { ...process.env, FERRY_SOCKET: this.socket };
  }
}

/** The kernel's number for the device, of `/proc/misc`. */
async function userfaultMinor(): Promise<string> {
  const lines = await readFile("/proc/misc", "utf8");
  const minor = /^\s*(\d+) userfaultfd$/m.exec(lines)?.[1];
  if (minor === undefined) throw new Error("this kernel has no device for missing pages");
  return minor;
}

/** Root of the machine gives QEMU to `nobody`; root of a user namespace has no other user to give it to. */
async function unprivilegedUser(): Promise<string | null> {
  const map = await readFile("/proc/self/uid_map", "utf8");
  return /^\s*0\s+0\s+4294967295\s*$/.test(map) ? "nobody" : null;
}
