/** The warm lab of the fault matrix: two hosts with a small disk each and one guest that writes, used for case after case. */
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { guestDraft } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import { compiled, readStartTicks } from "../../lab/agent-process.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { end, processesIn } from "../../lab/namespaces.ts";
import { labDirectory } from "../../lab/topology.ts";
import type { Vm } from "../../src/api/schema/vm.ts";
import type { Storage } from "./cases.ts";
import type { MigrationOptions } from "../../src/migration/record.ts";
import { HostDisk } from "./host-disk.ts";
import { RunWatch } from "./run-watch.ts";
import { WritingGuest } from "./writing-guest.ts";

const run = promisify(execFile);
const address = "10.77.0.50";
const memoryMib = 128;
const diskMib = 8;
/** A few cases' worth. */
const logLinesKept = 3_000;

export class FaultLab implements AsyncDisposable {
  readonly lab: Lab;
  readonly guest: WritingGuest;
  readonly runs: RunWatch;
  readonly vm = "web01";
  /** Of every move. */
  options: MigrationOptions = { withStorage: true };
  readonly #disks: ReadonlyMap<string, HostDisk>;
  #storage: Storage | undefined;

  private constructor(lab: Lab, disks: ReadonlyMap<string, HostDisk>) {
    this.lab = lab;
    this.#disks = disks;
    this.guest = new WritingGuest(lab, address);
    this.runs = new RunWatch(lab.hosts);
  }

  /** `hostDiskMib`: more than a small disk, for hosts with a member of etcd. */
  static async up(name: string, hostDiskMib?: number): Promise<FaultLab> {
    await unmountAll(labDirectory(name)); // what a killed run left
    await compileAgent();
    const settings = { faultInjection: true };
    const lab = await Lab.up({ name, settings, guest: "small", agents: false });
    const disks = new Map<string, HostDisk>();
    try {
      for (const { name: host, directory } of lab.hosts) {
        const disk = await HostDisk.make(`${directory}.img`, join(directory, "disk"), hostDiskMib);
        disks.set(host, disk);
        for (const part of ["state", "local"]) {
          await mkdir(join(disk.path, part), { recursive: true });
          await mkdir(join(directory, part), { recursive: true });
          await run("mount", ["--bind", join(disk.path, part), join(directory, part)]);
        }
      }
      await lab.start();
      await Promise.all(lab.hosts.map(soonGivesUp));
      return new FaultLab(lab, disks);
    } catch (error) {
      await takeDown(lab, disks);
      throw error;
    }
  }

  disk(host: LabHost): HostDisk {
    const disk = this.#disks.get(host.name);
    if (disk === undefined) throw new Error(`Cannot find the disk of ${host.name}`);
    return disk;
  }

  /** A running guest whose disk lies there; one that exists already stays. */
  async provide(storage: Storage): Promise<void> {
    if (this.#storage === storage) return;
    const owner = await this.owner();
    if (owner !== undefined) {
      const params = { vm: this.vm };
      await owner.api("POST /v1/vms/{vm}/power-off", { params });
      await owner.api("DELETE /v1/vms/{vm}", { params, query: { disks: "delete" } });
    }
    const pool = storage === "shared" ? "vms" : "local";
    const disks = [{ pool, sizeBytes: diskMib * 2 ** 20 }];
    const body = guestDraft({
      ...{ name: this.vm, host: "host-a", address, memoryMib },
      // No screen: a picture of 16 MiB is what a small guest's memory is.
      draft: { disks, serial: true, vnc: false },
    });
    const host = this.lab.host("host-a");
    await host.api("POST /v1/vms", { body });
    await host.api("POST /v1/vms/{vm}/start", { params: { vm: this.vm } });
    await this.guest.booted();
    this.#storage = storage;
  }

  async vmOn(host: LabHost): Promise<Vm | undefined> {
    const { vms } = await host.api("GET /v1/vms");
    return vms.find(({ name }) => name === this.vm);
  }

  /** The host whose own the VM is. */
  async owner(): Promise<LabHost | undefined> {
    for (const host of this.lab.hosts) {
      if ((await this.vmOn(host))?.ownership === "owner") return host;
    }
    return undefined;
  }

  other(host: LabHost): LabHost {
    const other = this.lab.hosts.find(({ name }) => name !== host.name);
    if (other === undefined) throw new Error("Cannot find the other host");
    return other;
  }

  /** Processes of QEMU on a host. */
  async qemus(host: LabHost): Promise<number[]> {
    const pids = await processesIn(host.namespace).catch(() => []);
    const lines = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
    );
    return pids.filter(
      (_, index) => lines[index]?.split("\0")[0]?.includes("qemu-system") === true,
    );
  }

  async killQemu(host: LabHost): Promise<boolean> {
    const pids = await this.qemus(host);
    for (const pid of pids) end(pid, "SIGKILL");
    for (const pid of pids) while ((await readStartTicks(pid)) !== undefined) await sleep(10);
    return pids.length > 0;
  }

  /** Everything that does not survive the loss of power. */
  async losePower(host: LabHost): Promise<void> {
    await Promise.all([host.agent.stop("SIGKILL"), this.killQemu(host)]);
    for (const tap of await this.taps(host))
      await run("ip", ["-n", host.namespace, "link", "delete", tap]);
    await rm(join(host.directory, "run"), { recursive: true, force: true });
  }

  async taps(host: LabHost): Promise<string[]> {
    const { stdout } = await run("ip", ["-n", host.namespace, "-d", "-j", "link", "show"]);
    const links = JSON.parse(stdout) as { ifname: string; linkinfo?: { info_kind?: string } }[];
    return links
      .filter(({ linkinfo }) => linkinfo?.info_kind === "tun")
      .map(({ ifname }) => ifname);
  }

  /** What a host still has of a VM that is not its own. */
  async leftovers(host: LabHost): Promise<string[]> {
    const files = async (path: string): Promise<string[]> => await readdir(path).catch(() => []);
    const pool = (await files(join(host.directory, "local"))).filter(
      (name) => !name.startsWith(".ferry-pool") && name !== ".filler",
    );
    return [
      ...(await this.qemus(host)).map((pid) => `process ${pid}`),
      ...(await this.taps(host)).map((name) => `tap ${name}`),
      ...(await files(join(host.directory, "run/vms"))).map((name) => `run/vms/${name}`),
      ...(await files(join(host.directory, "state/vms"))).map((name) => `state/vms/${name}`),
      ...pool.map((name) => `pool file ${name}`),
    ];
  }

  /** A host's journal of one migration, oldest first, from its database itself. */
  journal(host: LabHost, migration: string): string[] {
    return this.#query(
      host,
      "SELECT kind FROM journal WHERE migration_id = ? ORDER BY sequence",
      migration,
    );
  }

  /** Migrations that a host has not closed. */
  openJournals(host: LabHost): string[] {
    return this.#query(
      host,
      "SELECT migration_id AS kind FROM journal GROUP BY migration_id HAVING SUM(kind = 'finished') = 0",
    );
  }

  /** The end of what the agents have logged. */
  async keepLogs(directory: URL): Promise<void> {
    await mkdir(directory, { recursive: true });
    for (const { name, agent } of this.lab.hosts) {
      const lines = (await readFile(agent.log, "utf8")).split("\n");
      await writeFile(new URL(`${name}.log`, directory), lines.slice(-logLinesKept).join("\n"));
    }
  }

  #query(host: LabHost, sql: string, ...values: string[]): string[] {
    using database = new DatabaseSync(join(host.directory, "state/ferry.db"), { readOnly: true });
    const rows = database.prepare(sql).all(...values) as unknown as { kind: string }[];
    return rows.map(({ kind }) => kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.guest[Symbol.asyncDispose]();
    await this.runs[Symbol.asyncDispose]();
    await takeDown(this.lab, this.#disks);
  }
}

/** Agents that are killed keep nothing of what they compiled; one that ends by itself does, for all that start after it. */
async function compileAgent(): Promise<void> {
  const program = join(import.meta.dirname, "../../bin/ferryd.ts");
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled };
  await run(process.execPath, [program, "--version"], { env });
}

/** A link that is cut for good is given up after seconds, and not after a minute. */
async function soonGivesUp(host: LabHost): Promise<void> {
  const { settings, generation } = await host.api("GET /v1/host/settings");
  const body = { ...settings, outageMsMax: 3_000, blackoutOutageMsMax: 2_000 };
  await host.api("PUT /v1/host/settings", { body, generation });
}

async function unmountAll(directory: string): Promise<void> {
  const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n");
  const paths = mounts.map((line) => line.split(" ")[1] ?? "");
  for (const path of paths.filter((each) => each.startsWith(`${directory}/`)).toReversed()) {
    await run("umount", ["--lazy", path]);
  }
}

async function takeDown(lab: Lab, disks: ReadonlyMap<string, HostDisk>): Promise<void> {
  for (const disk of disks.values()) await disk.thaw();
  for (const host of lab.hosts) {
    await host.agent.stop("SIGKILL").catch(() => undefined);
    for (const part of ["state", "local"]) {
      await run("umount", ["--lazy", join(host.directory, part)]).catch(() => undefined);
    }
  }
  for (const disk of disks.values()) await disk[Symbol.asyncDispose]();
  await Lab.down(lab.name);
  await rm(labDirectory(lab.name), { recursive: true, force: true });
}
