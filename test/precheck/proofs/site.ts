/** Where every check is proved: three hosts of one lab, of which each may be made unlike the others, and back. */
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Lab } from "../../../lab/lab.ts";
import type { LabHost } from "../../../lab/lab-host.ts";
import type { CheckReport } from "../../../src/api/schema/check.ts";
import type { VmCreate } from "../../../src/api/schema/vm.ts";
import type { MigrationOptions } from "../../../src/migration/record.ts";

export const run = promisify(execFile);
export const MiB = 1 << 20;

/** What is asked in a scene; who is not named is host-a and host-b. */
export interface Question {
  readonly vm: string;
  readonly source?: LabHost;
  readonly target?: string;
  readonly options?: MigrationOptions;
}

/** Of an agent's configuration, what scenes change. */
interface Settings {
  readonly paths?: object;
  readonly qemu?: object;
}

const labName = "d-proofs";
const firmware = "/usr/share/OVMF/OVMF_CODE_4M.fd";
/** What hosts of a lab have in common with the machine unless they have a file of their own there. */
const shared = ["/proc/loadavg", "/proc/meminfo", "/proc/cpuinfo", firmware];

export class Site implements AsyncDisposable {
  readonly lab: Lab;
  readonly a: LabHost;
  readonly b: LabHost;
  /** The one of another age. */
  readonly c: LabHost;
  readonly #undo: (() => Promise<unknown>)[] = [];

  private constructor(lab: Lab) {
    this.lab = lab;
    [this.a, this.b, this.c] = [lab.host("host-a"), lab.host("host-b"), lab.host("host-c")];
  }

  static async make(): Promise<Site> {
    const say = (line: string) => console.error(line);
    const site = new Site(await Lab.up({ name: labName, hosts: 3, say }));
    await shareMounts(site, site.lab.directory);
    for (const host of [site.a, site.b]) {
      for (const file of shared) await host.writeOwnFile(file, await site.usual(file));
      await site.restart(host, { paths: { sysfs: await emptySysfs(host) } });
    }
    return site;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const undo of this.#undo.toReversed()) await undo().catch(() => undefined);
    await Lab.down(labName);
  }

  /** What has to go before the lab can: a mount, a program of the machine. */
  defer(undo: () => Promise<unknown>): void {
    this.#undo.push(undo);
  }

  async report({ vm, source = this.a, target = "host-b", options = {} }: Question) {
    return (await source.api("POST /v1/checks", { body: { vm, target, options } })) as CheckReport;
  }

  /** A VM that needs next to nothing, and is only looked at. */
  async make(host: LabHost, name: string, more: Partial<VmCreate> = {}): Promise<void> {
    const body = { name, memoryMib: 64, vnc: false, ...more };
    await host.api("POST /v1/vms", { body });
  }

  async remove(host: LabHost, vm: string): Promise<void> {
    await host.api("DELETE /v1/vms/{vm}", { params: { vm } });
  }

  async start(host: LabHost, vm: string): Promise<void> {
    await host.api("POST /v1/vms/{vm}/start", { params: { vm } });
  }

  async ip(host: LabHost, ...args: string[]): Promise<void> {
    await run("ip", ["-n", host.namespace, ...args]);
  }

  /** @throws Error with what it said, where it did not do it. */
  async ferry(host: LabHost, args: readonly string[], input = ""): Promise<string> {
    const { exitCode, stdout, stderr } = await host.ferry(args, input);
    if (exitCode !== 0) throw new Error(`ferry ${args.join(" ")}: ${stderr || stdout}`);
    return stdout;
  }

  /** The machine's own. */
  async usual(file: string): Promise<string | Uint8Array> {
    return file === firmware ? await readFile(file) : await readFile(file, "utf8");
  }

  get firmware(): string {
    return firmware;
  }

  async configuration(host: LabHost): Promise<{ paths: object; qemu: object }> {
    const text = await readFile(join(host.directory, "ferryd.yaml"), "utf8");
    return JSON.parse(text) as { paths: object; qemu: object };
  }

  /** As after an administrator's change of the configuration, or of what the agent itself is. */
  async restart(
    host: LabHost,
    settings: Settings = {},
    { environment = {}, agent }: { environment?: NodeJS.ProcessEnv; agent?: string } = {},
  ): Promise<void> {
    const present = await this.configuration(host);
    const config = {
      ...present,
      paths: { ...present.paths, ...settings.paths },
      qemu: { ...present.qemu, ...settings.qemu },
    };
    await writeFile(join(host.directory, "ferryd.yaml"), JSON.stringify(config, undefined, 2));
    await host.agent.stop();
    await host.agent.start(environment, agent);
  }

  /** A directory that host-a and host-b have, each in a file system of its own, as the pool of that name. */
  async pool(host: LabHost, name: string, mount?: readonly string[]): Promise<string> {
    const path = join(host.directory, name);
    await mkdir(path, { recursive: true });
    if (mount !== undefined) {
      await run("mount", [...mount, path]);
      this.defer(() => run("umount", ["-l", path]));
    }
    await host.api("POST /v1/pools", { body: { name, path } });
    return path;
  }
}

/** What is mounted below it from now on, agents with files of their own see too: they have a mount namespace each. */
async function shareMounts(site: Site, directory: string): Promise<void> {
  await run("mount", ["--bind", directory, directory]);
  site.defer(() => run("umount", ["-l", directory]));
  await run("mount", ["--make-shared", directory]);
}

/** A tree for what this machine has not; the kernel's own is not changed by it. */
export async function emptySysfs(host: LabHost): Promise<string> {
  const tree = join(host.directory, "sysfs");
  await mkdir(join(tree, "devices/system/node"), { recursive: true });
  return tree;
}
