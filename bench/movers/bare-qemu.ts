/** A QEMU of the benchmark's own on a lab's host, with the devices that Ferry gives a guest, driven over QMP. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { inNamespace } from "../../lab/namespaces.ts";
import { cpuArgument, defaultCpuModel } from "../../src/qemu/cpu-model.ts";
import { QmpClient } from "../../src/qemu/qmp-client.ts";

const startMsMax = 30_000;

export interface BareGuest {
  readonly name: string;
  readonly address: string;
  readonly mac: string;
  readonly memoryMib: number;
}

const tlsEnds = ["client", "server"] as const;
export type TlsEnd = (typeof tlsEnds)[number];

/** A QEMU can be either end of an encrypted move. */
export function tlsCredentials(end: TlsEnd): string {
  return `tls-${end}`;
}

export class BareQemu implements AsyncDisposable {
  readonly qmp: QmpClient;
  readonly #child: ChildProcess;
  readonly #dropTap: () => Promise<unknown>;

  private constructor(child: ChildProcess, qmp: QmpClient, dropTap: () => Promise<unknown>) {
    this.#child = child;
    this.qmp = qmp;
    this.#dropTap = dropTap;
  }

  static async start(
    lab: Lab,
    host: LabHost,
    guest: BareGuest,
    extra: readonly string[],
  ): Promise<BareQemu> {
    const directory = join(lab.directory, "bare", host.name);
    await mkdir(directory, { recursive: true });
    await shareKey(directory);
    const socket = join(directory, `${guest.name}.qmp`);
    await rm(socket, { force: true });
    await host.run(["ip", "tuntap", "add", guest.name, "mode", "tap"]);
    await host.run(["ip", "link", "set", guest.name, "master", "br0", "up"]);
    const qemu = bareQemuProgram(lab);
    const [program, args] = inNamespace(host.namespace, [
      ...[...qemu, "-name", guest.name, "-nodefaults", "-display", "none"],
      ...[
        "-machine",
        "q35",
        "-accel",
        "tcg,thread=multi",
        "-cpu",
        cpuArgument(defaultCpuModel, "tcg"),
      ],
      ...["-m", String(guest.memoryMib), "-smp", "1"],
      ...[
        "-kernel",
        join(lab.directory, "vms/vmlinuz"),
        "-initrd",
        join(lab.directory, "vms/initrd.img"),
      ],
      ...["-append", guestCommandLine(guest)],
      ...["-netdev", `tap,id=lan,ifname=${guest.name},script=no,downscript=no`],
      ...["-device", `virtio-net-pci,netdev=lan,mac=${guest.mac}`, "-device", "virtio-rng-pci"],
      ...["-serial", "null", "-vga", "std", "-device", "qemu-xhci", "-device", "usb-tablet"],
      ...tlsEnds.flatMap((end) => [
        "-object",
        `tls-creds-psk,id=${tlsCredentials(end)},dir=${directory},endpoint=${end}`,
      ]),
      ...["-qmp", `unix:${socket},server=on,wait=off`, ...extra],
    ]);
    const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
    const qmp = await connected(socket, child);
    return new BareQemu(child, qmp, () => host.run(["ip", "link", "delete", guest.name]));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.qmp[Symbol.asyncDispose]();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    }
    await this.#dropTap();
  }
}

/** Known to both ends; certificates would cost their handshakes a little more. */
const sharedKey = randomBytes(32).toString("hex");

async function shareKey(directory: string): Promise<void> {
  await writeFile(join(directory, "keys.psk"), `qemu:${sharedKey}\n`, { mode: 0o600 });
}

/** The same QEMU that the lab's agents run. */
export function bareQemuProgram(lab: Lab): string[] {
  const own = join(lab.directory, "qemu");
  const program = "qemu-system-x86_64";
  return existsSync(own) ? [join(own, program), "-L", join(own, "roms")] : [program];
}

export function guestCommandLine({ address, name }: Pick<BareGuest, "address" | "name">): string {
  return `console=ttyS0 quiet mitigations=off ferry.ip=${address}/24 ferry.name=${name}`;
}

async function connected(socket: string, child: ChildProcess): Promise<QmpClient> {
  const deadline = performance.now() + startMsMax;
  for (;;) {
    const qmp = await QmpClient.connect(socket).catch(() => undefined);
    if (qmp !== undefined) return qmp;
    if (child.exitCode !== null) throw new Error("Cannot measure: QEMU ended at its start");
    if (performance.now() > deadline) throw new Error("Cannot measure: QEMU does not answer");
    await sleep(20);
  }
}
