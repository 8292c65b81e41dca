/** QEMU alone: its own migration over plain TCP between two hosts of a lab, told how over QMP. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../../lab/lab.ts";
import type { QemuTuning } from "../cells.ts";
import { cpuSeconds } from "../meter.ts";
import { BareQemu, type BareGuest, tlsCredentials, type TlsEnd } from "./bare-qemu.ts";
import {
  type GuestPlace,
  type HostName,
  type Mover,
  type Moved,
  MoveGivenUp,
  otherHost,
  type Processes,
} from "./mover.ts";

const port = 4444;
const pollMs = 20;

interface MigrationInfo {
  readonly status?: string;
  readonly downtime?: number;
  readonly "error-desc"?: string;
}

export class QemuMover implements Mover<QemuTuning> {
  readonly address: string;
  readonly #lab: Lab;
  readonly #guest: BareGuest;
  #qemu: BareQemu;
  #at: HostName = "host-a";

  private constructor(lab: Lab, guest: BareGuest, qemu: BareQemu) {
    this.#lab = lab;
    this.#guest = guest;
    this.#qemu = qemu;
    this.address = guest.address;
  }

  static async boot({ lab, memoryMib }: GuestPlace): Promise<QemuMover> {
    const guest = { name: "bare01", address: "10.77.0.62", mac: "52:54:00:00:00:62", memoryMib };
    return new QemuMover(lab, guest, await BareQemu.start(lab, lab.host("host-a"), guest, []));
  }

  get at(): HostName {
    return this.#at;
  }

  async processes(): Promise<Processes> {
    return { management: [], qemu: this.#qemu.pid };
  }

  async pause(): Promise<void> {
    await this.#qemu.qmp.execute("stop");
  }

  async resume(): Promise<void> {
    await this.#qemu.qmp.execute("cont");
  }

  async move(how: QemuTuning, withinMs: number): Promise<Moved> {
    const source = this.#qemu;
    const host = this.#lab.host(otherHost(this.#at));
    const target = await BareQemu.start(this.#lab, host, this.#guest, ["-incoming", "defer"]);
    try {
      await tune(source.qmp, how, "client");
      await tune(target.qmp, how, "server");
      // The wire for moves: networks beside the guests' have the measured speed.
      const uri = `tcp:${this.#lab.wire(`${host.name}.mig1`).address}:${port}`;
      await target.qmp.execute("migrate-incoming", { uri });
      const runs = target.qmp.waitFor(({ event }) => event === "RESUME", {
        timeoutMs: withinMs * 2,
      });
      runs.catch(() => undefined);
      const before = await cpuSeconds(source.pid);
      const begun = performance.now();
      await source.qmp.execute("migrate", { uri });
      const info = await ended(source.qmp, begun + withinMs);
      await runs;
      const memoryMs = performance.now() - begun;
      const qemuCpuSeconds =
        (await cpuSeconds(source.pid)) - before + (await cpuSeconds(target.pid));
      this.#qemu = target;
      this.#at = otherHost(this.#at);
      await source[Symbol.asyncDispose]();
      return { wallMs: null, memoryMs, reportedBlackoutMs: info.downtime ?? null, qemuCpuSeconds };
    } catch (error) {
      if (this.#qemu !== target) await target[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#qemu[Symbol.asyncDispose]();
  }
}

type Qmp = BareQemu["qmp"];

async function tune(
  qmp: Qmp,
  { capabilities, parameters, tls = false }: QemuTuning,
  end: TlsEnd,
): Promise<void> {
  // Off again what a former move of this QEMU switched on.
  const all: ReadonlyArray<{ capability: string }> = await qmp.execute(
    "query-migrate-capabilities",
  );
  const known = ["return-path", "multifd", "xbzrle"].filter((name) =>
    all.some(({ capability }) => capability === name),
  );
  await qmp.execute("migrate-set-capabilities", {
    capabilities: known.map((capability) => ({
      capability,
      state: capabilities.includes(capability),
    })),
  });
  await qmp.execute("migrate-set-parameters", {
    ...{ "max-bandwidth": 128 * 2 ** 20, "downtime-limit": 300, "multifd-compression": "none" },
    "tls-creds": tls ? tlsCredentials(end) : "",
    ...parameters,
  });
}

async function ended(qmp: Qmp, deadline: number): Promise<MigrationInfo> {
  for (;;) {
    const info: MigrationInfo = await qmp.execute("query-migrate");
    if (info.status === "completed") return info;
    if (info.status === "failed" || info.status === "cancelled") {
      throw new Error(
        `QEMU's migration ${info.status}: ${info["error-desc"] ?? "no reason given"}`,
      );
    }
    if (performance.now() > deadline) {
      await qmp.execute("migrate_cancel");
      for (;;) {
        const { status } = await qmp.execute<MigrationInfo>("query-migrate");
        if (status === "cancelled")
          throw new MoveGivenUp("QEMU's migration does not come to an end");
        await sleep(pollMs);
      }
    }
    await sleep(pollMs);
  }
}
