/** Ferry, by the command that a person would type. */
import type { MigrationRecord } from "../../src/migration/record.ts";
import type { Lab } from "../../lab/lab.ts";
import { createGuest, guestProcess } from "../../lab/guest.ts";
import { cpuSeconds } from "../meter.ts";
import type { PerformanceOption } from "../sample.ts";
import {
  type GuestPlace,
  type HostName,
  type Mover,
  type Moved,
  MoveGivenUp,
  otherHost,
  type Processes,
} from "./mover.ts";

const vm = "ferry01";

export class FerryMover implements Mover<PerformanceOption> {
  readonly address = "10.77.0.61";
  readonly #lab: Lab;
  #at: HostName = "host-a";

  private constructor(lab: Lab) {
    this.#lab = lab;
  }

  static async boot({ lab, memoryMib }: GuestPlace): Promise<FerryMover> {
    const mover = new FerryMover(lab);
    await createGuest(lab, { name: vm, host: "host-a", address: mover.address, memoryMib });
    return mover;
  }

  get at(): HostName {
    return this.#at;
  }

  async processes(): Promise<Processes> {
    const agents = await Promise.all(this.#lab.hosts.map((host) => host.agent.pid()));
    return {
      management: agents.filter((pid) => pid !== undefined),
      qemu: await this.#pid(this.#at),
    };
  }

  async pause(): Promise<void> {
    await this.#host.api("POST /v1/vms/{vm}/pause", { params: { vm } });
  }

  async resume(): Promise<void> {
    await this.#host.api("POST /v1/vms/{vm}/resume", { params: { vm } });
  }

  async move(performanceOption: PerformanceOption, withinMs: number): Promise<Moved> {
    const target = otherHost(this.#at);
    const source = await this.#pid(this.#at);
    const before = await cpuSeconds(source);
    const begun = performance.now();
    const command = ["move", vm, target, "--performance", performanceOption, "--json"];
    const giveUp = setTimeout(() => void this.#cancel(), withinMs);
    // The source's QEMU is gone when the command ends: its last figure is the one before.
    let sourceSeconds = before;
    const watch = setInterval(() => {
      void cpuSeconds(source).then((seconds) => (sourceSeconds = Math.max(sourceSeconds, seconds)));
    }, 50);
    const { exitCode, stdout, stderr } = await this.#host.ferry(command).finally(() => {
      clearTimeout(giveUp);
      clearInterval(watch);
    });
    const wallMs = performance.now() - begun;
    if (exitCode !== 0) throw new MoveGivenUp(stderr.trim());
    const record = JSON.parse(stdout) as MigrationRecord;
    this.#at = target;
    return {
      wallMs,
      memoryMs: memoryMs(record),
      reportedBlackoutMs: record.blackout?.totalMs ?? null,
      qemuCpuSeconds: sourceSeconds - before + (await cpuSeconds(await this.#pid(target))),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const host = this.#host;
    await host.api("POST /v1/vms/{vm}/power-off", { params: { vm } });
    await host.api("DELETE /v1/vms/{vm}", { params: { vm } });
  }

  get #host() {
    return this.#lab.host(this.#at);
  }

  async #cancel(): Promise<void> {
    const { migrations } = await this.#host.api("GET /v1/migrations", { query: { vm } });
    const running = migrations.find(({ endedAt, role }) => endedAt === null && role === "source");
    if (running === undefined) return;
    await this.#host.api("POST /v1/migrations/{id}/cancel", { params: { id: running.id } });
  }

  async #pid(name: HostName): Promise<number> {
    return await guestProcess(this.#lab.host(name), vm);
  }
}

function memoryMs({ stages }: MigrationRecord): number | null {
  const begun = stages.find(({ name }) => name === "memory-precopy")?.startedAt;
  const ended = stages.find(({ name }) => name === "resume")?.endedAt;
  return begun === undefined || ended === undefined || ended === null ? null : ended - begun;
}
