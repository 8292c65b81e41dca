/** libvirt: `virsh migrate --live --p2p` between two libvirtd, as it comes. */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lab } from "../../lab/lab.ts";
import { guestPorts } from "../../lab/guest.ts";
import { guestProcess } from "../../lab/guest.ts";
import { cpuSeconds } from "../meter.ts";
import { bareQemuProgram, guestCommandLine } from "./bare-qemu.ts";
import { LibvirtHost } from "./libvirt-host.ts";
import {
  type GuestPlace,
  type HostName,
  type Mover,
  type Moved,
  MoveGivenUp,
  otherHost,
  type Processes,
} from "./mover.ts";

const guest = { name: "virt01", address: "10.77.0.63", mac: "52:54:00:00:00:63" };
const bootMsMax = 120_000;

export class LibvirtMover implements Mover<readonly string[]> {
  readonly address = guest.address;
  readonly #lab: Lab;
  readonly #daemons: Readonly<Record<HostName, LibvirtHost>>;
  #at: HostName = "host-a";

  private constructor(lab: Lab, daemons: Readonly<Record<HostName, LibvirtHost>>) {
    this.#lab = lab;
    this.#daemons = daemons;
  }

  static async boot({ lab, memoryMib }: GuestPlace): Promise<LibvirtMover> {
    const emulator = join(lab.directory, "libvirt-qemu");
    await writeFile(emulator, `#!/bin/sh\nexec ${bareQemuProgram(lab).join(" ")} "$@"\n`);
    await chmod(emulator, 0o755);
    const mover = new LibvirtMover(lab, {
      "host-a": await LibvirtHost.start(lab.host("host-a")),
      "host-b": await LibvirtHost.start(lab.host("host-b")),
    });
    const file = join(lab.directory, "libvirt-domain.xml");
    await writeFile(file, domain(lab, emulator, memoryMib));
    await mover.#virsh(["create", file]);
    await lab.client.waitFor(guest.address, guestPorts.counter, bootMsMax);
    return mover;
  }

  get at(): HostName {
    return this.#at;
  }

  async processes(): Promise<Processes> {
    return {
      management: Object.values(this.#daemons).map(({ pid }) => pid),
      qemu: await this.#pid(this.#at),
    };
  }

  async pause(): Promise<void> {
    await this.#virsh(["suspend", guest.name]);
  }

  async resume(): Promise<void> {
    await this.#virsh(["resume", guest.name]);
  }

  async move(extra: readonly string[], withinMs: number): Promise<Moved> {
    const target = otherHost(this.#at);
    const address = this.#lab.wire(`${target}.mig1`).address;
    const source = await this.#pid(this.#at);
    const before = await cpuSeconds(source);
    let sourceSeconds = before;
    const watch = setInterval(() => {
      void cpuSeconds(source).then((seconds) => (sourceSeconds = Math.max(sourceSeconds, seconds)));
    }, 50);
    const giveUp = setTimeout(() => void this.#virsh(["domjobabort", guest.name]), withinMs);
    const begun = performance.now();
    const uris = [`qemu+tcp://${address}/system`, "--migrateuri", `tcp://${address}`];
    const command = ["migrate", "--live", "--p2p", ...extra, guest.name, ...uris];
    const { exitCode, stderr } = await this.#daemons[this.#at].virsh(command).finally(() => {
      clearInterval(watch);
      clearTimeout(giveUp);
    });
    const wallMs = performance.now() - begun;
    if (exitCode !== 0) throw new MoveGivenUp(stderr.trim());
    this.#at = target;
    const info = await this.#virsh(["domjobinfo", guest.name, "--completed"]);
    const downtime = /^Total downtime:\s+(\d+)\s+ms/m.exec(info)?.[1];
    return {
      wallMs,
      memoryMs: null,
      reportedBlackoutMs: downtime === undefined ? null : Number(downtime),
      qemuCpuSeconds: sourceSeconds - before + (await cpuSeconds(await this.#pid(target))),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#virsh(["destroy", guest.name]);
    for (const daemon of Object.values(this.#daemons)) await daemon[Symbol.asyncDispose]();
  }

  async #pid(host: HostName): Promise<number> {
    return await guestProcess(this.#lab.host(host), guest.name);
  }

  async #virsh(args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#daemons[this.#at].virsh(args);
    if (exitCode !== 0) throw new Error(`virsh ${args[0]} failed: ${stderr.trim()}`);
    return stdout;
  }
}

/** The same devices as the other movers' guests. */
function domain(lab: Lab, emulator: string, memoryMib: number): string {
  const features = ["cx16", "lahf_lm", "popcnt", "pni", "sse4.1", "sse4.2", "ssse3"];
  return `<domain type="qemu">
  <name>${guest.name}</name>
  <memory unit="MiB">${memoryMib}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch="x86_64" machine="q35">hvm</type>
    <kernel>${join(lab.directory, "vms/vmlinuz")}</kernel>
    <initrd>${join(lab.directory, "vms/initrd.img")}</initrd>
    <cmdline>${guestCommandLine(guest)}</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <cpu mode="custom" match="exact" check="none">
    <model fallback="forbid">qemu64</model>
    ${features.map((name) => `<feature policy="require" name="${name}"/>`).join("\n    ")}
  </cpu>
  <devices>
    <emulator>${emulator}</emulator>
    <interface type="bridge">
      <source bridge="br0"/>
      <mac address="${guest.mac}"/>
      <model type="virtio"/>
    </interface>
    <rng model="virtio"><backend model="random">/dev/urandom</backend></rng>
    <video><model type="vga"/></video>
    <controller type="usb" model="qemu-xhci"/>
    <input type="tablet" bus="usb"/>
    <memballoon model="none"/>
  </devices>
</domain>`;
}
