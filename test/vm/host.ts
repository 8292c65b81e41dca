/** A host for one test: its own state, run and memory directories, a pool, and VMs made of real QEMUs. */
import { readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type ErrorCode, FerryError } from "../../src/base/errors.ts";
import { createLog } from "../../src/base/log.ts";
import { openDatabase } from "../../src/database/database.ts";
import { Switches } from "../../src/network/switches.ts";
import type { QemuSettings } from "../../src/qemu/settings.ts";
import { Pools } from "../../src/storage/pools.ts";
import type { VmDraft } from "../../src/vm/draft.ts";
import type { HostPaths } from "../../src/vm/places.ts";
import { LocalVms } from "../../src/vm/local-vms.ts";

export const quietLog = createLog(process.env["FERRY_TEST_LOG"] ?? "fatal", "test");

/** A VM that shows its firmware's prompt and nothing more. */
export const smallVm = { name: "small", memoryMib: 32, vnc: false } as const satisfies VmDraft;

export async function testDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "ferry-vm-"));
  // QEMU's unprivileged user passes through.
  await chmod(path, 0o711);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}

export class TestHost implements AsyncDisposable {
  readonly database: DatabaseSync;
  readonly pools: Pools;
  readonly switches: Switches;
  readonly paths: HostPaths;
  readonly #name: string;
  readonly #qemu: Partial<QemuSettings>;
  #vms: LocalVms | undefined;

  private constructor(name: string, paths: TestHost["paths"], qemu: Partial<QemuSettings>) {
    this.#name = name;
    this.#qemu = qemu;
    this.paths = paths;
    this.database = openDatabase(join(paths.state, "ferry.db"));
    this.pools = new Pools(this.database);
    this.switches = new Switches(this.database);
  }

  /** `qemu`: another QEMU than the system's; `tree`: another view of devices than the kernel's. */
  static async make(
    name: string,
    directory: string,
    qemu: Partial<QemuSettings> = {},
    tree: Partial<TestHost["paths"]> = {},
  ): Promise<TestHost> {
    const at = (part: string) => join(directory, name, part);
    const paths = { state: at("state"), run: at("run") };
    for (const path of Object.values(paths)) await mkdir(path, { recursive: true, mode: 0o711 });
    const host = new TestHost(name, { ...paths, ...tree }, qemu);
    await host.restartAgent();
    return host;
  }

  get vms(): LocalVms {
    if (this.#vms === undefined) throw new Error("the agent of this host is not started");
    return this.#vms;
  }

  /** What an agent's restart is to the VMs: everything in memory is gone, the processes are not. */
  async restartAgent(): Promise<void> {
    await this.#vms?.[Symbol.asyncDispose]();
    this.#vms = await LocalVms.open({
      database: this.database,
      log: quietLog,
      paths: this.paths,
      qemu: {
        binary: "qemu-system-x86_64",
        imageTool: "qemu-img",
        tpmEmulator: "swtpm",
        dataDirectory: null,
        user: canBecomeOthers() ? "nobody" : null,
        accelerator: "tcg",
        ...this.#qemu,
      },
      pools: this.pools,
      switches: this.switches,
      identity: () => ({ host: this.#name, domain: null }),
    });
  }

  /** What is left of VMs on this host, outside pools, and the room that is held in them. */
  async traces(): Promise<string[]> {
    const places = [join(this.paths.run, "vms"), join(this.paths.state, "vms")];
    const lists = await Promise.all(places.map((place) => readdir(place).catch(() => [])));
    return [...lists.flat(), ...this.pools.reservations.paths];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The agent does not stay alive for its QEMUs; the test has to, until they are gone.
    const alive = setInterval(() => {}, 1_000);
    try {
      await this.#dispose();
    } finally {
      clearInterval(alive);
    }
  }

  async #dispose(): Promise<void> {
    for (const { definition, ownership } of this.vms.list()) {
      const vm = this.vms.process(definition.id);
      if (vm !== undefined) process.kill(vm.pid, "SIGKILL");
      await vm?.exited;
      if (ownership === "incoming") await this.vms.discardIncoming(definition.id);
    }
    await this.vms[Symbol.asyncDispose]();
    this.database.close();
  }
}

/** Root of a user namespace that maps nobody else is root in name only. */
export function canBecomeOthers(): boolean {
  const [, , count] = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/);
  return process.getuid?.() === 0 && Number(count) > 1;
}

/** For `assert.rejects`: an error of the table, and one that says what to do. */
export function isFerryError(code: ErrorCode): (error: unknown) => boolean {
  return (error) =>
    error instanceof FerryError && error.code === code && error.remedy !== undefined;
}
