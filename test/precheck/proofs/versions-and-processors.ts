/** Scenes about hosts of different age and hosts with different processors. */
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ownFile } from "../../../lab/agent-process.ts";
import type { LabHost } from "../../../lab/lab-host.ts";
import { agentOfAge } from "../future-agent.ts";
import type { Scene } from "./scene.ts";
import type { Site } from "./site.ts";

let newer = {};

export const versionAndProcessorScenes: readonly Scene[] = [
  {
    title: "a VM of a newer QEMU that is to go to an older one",
    async spoil(site) {
      await useDebians(site, site.c);
      await site.make(site.a, "new01", { cpuModel: "SapphireRapids-v3" });
      return { vm: "new01", target: "host-c" };
    },
    reads: {
      "machine-type":
        /^host-c blocking: QEMU 7\.2\.\d+ on "host-c" has no machine type "pc-q35-1\d\.\d" \(QEMU 1\d\.\S+ on "host-a" has\)$/,
      "cpu-model":
        /^host-c blocking: QEMU 7\.2\.\d+ on "host-c" does not know CPU model "SapphireRapids-v3" of VM "new01"$/,
      "cpu-features":
        /^host-c blocking: "host-c" lacks \d+ processor features that the guest of VM "new01" has: .*amx-tile/,
    },
    async mend(site) {
      await site.restart(site.c, { qemu: newer });
      // What this machine cannot give any guest, no newer QEMU gives.
      await site.make(site.a, "new02");
      return { vm: "new02", target: "host-c" };
    },
    async after(site) {
      for (const vm of ["new01", "new02"]) await site.remove(site.a, vm);
    },
  },
  {
    title: "a VM of an older QEMU, whose processor is whatever its host has",
    async spoil(site) {
      await useDebians(site, site.c);
      await site.make(site.c, "max01", { cpuModel: "max" });
      return { vm: "max01", source: site.c, target: "host-a" };
    },
    reads: {
      "emulator-keeps-track":
        /^host-c warning: QEMU 7\.2\.\d+ on "host-c" emulates the processor and may lose changes of memory in a move; from 9\.0 on it does not$/,
      "cpu-portable":
        /^host-a warning: CPU model "max" is whatever the host has: on "host-a" the guest would find \d+ more features/,
    },
    async mend(site) {
      await site.restart(site.c, { qemu: newer });
      return { vm: "max01", source: site.c, target: "host-a" };
    },
    after: (site) => site.remove(site.c, "max01"),
  },
  {
    title: "a source of a Ferry that is not written yet",
    async spoil(site) {
      const agent = await agentOfAge(join(site.lab.directory, "future"), {
        protocol: 5,
        document: 2,
      });
      await site.restart(site.c, {}, { agent });
      await site.make(site.c, "late01");
      return { vm: "late01", source: site.c, target: "host-a" };
    },
    reads: {
      "protocol-version":
        /^host-a blocking: Ferry \S+ on "host-a" speaks protocol 3, 2, "host-c" speaks 5, 4$/,
      "definition-version":
        /^host-a blocking: Ferry \S+ on "host-a" knows documents up to version 1, the VM's is 2$/,
    },
    async mend(site) {
      await site.restart(site.a, {}, { agent: join(site.lab.directory, "future/bin/ferryd.ts") });
    },
    async after(site) {
      await site.remove(site.c, "late01");
      for (const host of [site.a, site.c]) await site.restart(host);
    },
    standsIn: "for later and earlier Ferrys, this one with other version numbers",
  },
  {
    title: "a target of an earlier Ferry",
    async spoil(site) {
      const agent = await agentOfAge(join(site.lab.directory, "past"), {
        protocol: 2,
        document: 1,
      });
      await site.restart(site.c, {}, { agent });
      await site.make(site.a, "rich01", { tpm: { model: "crb" } });
      return { vm: "rich01", target: "host-c" };
    },
    reads: {
      "definition-known":
        /^host-c blocking: Ferry \S+ on "host-c" does not know \/tpm of the VM's document$/,
    },
    mend: (site) => site.restart(site.c),
    after: (site) => site.remove(site.a, "rich01"),
    standsIn: "for later and earlier Ferrys, this one with other version numbers",
  },
  {
    title: "a target with another processor, and without hardware virtualization",
    async spoil(site) {
      await giveProcessor(site.a, { flags: "fpu svm", microcode: "0xa1", nested: "1" });
      await giveProcessor(site.b, {
        ...{ vendor: "GenuineIntel", flags: "fpu", microcode: "0xb2", nested: "0" },
      });
      for (const host of [site.a, site.b]) await giveKvm(site, host);
      await site.make(site.a, "fast01", { cpuModel: "max" });
      return { vm: "fast01" };
    },
    reads: {
      virtualization:
        /^host-b blocking: "host-b" has no usable hardware virtualization \(the CPU has neither vmx nor svm\), the VM runs under KVM on "host-a"$/,
      "cpu-vendor":
        /^host-b blocking: "host-b" has a processor of GenuineIntel, "host-a" one of AuthenticAMD$/,
      microcode:
        /^host-b warning: "host-a" has microcode 0xa1, "host-b" 0xb2: the guest may rely on a mitigation that the other lacks$/,
      "nested-virtualization":
        /^host-b warning: "host-a" lets guests run guests, "host-b" does not let them: guests inside of VM "fast01" would stop$/,
    },
    async mend(site) {
      await giveProcessor(site.b, { flags: "fpu svm", microcode: "0xa1", nested: "1" });
      await site.restart(site.b);
    },
    async after(site) {
      await site.remove(site.a, "fast01");
      for (const host of [site.a, site.b]) {
        await host.writeOwnFile("/proc/cpuinfo", await site.usual("/proc/cpuinfo"));
        await rm(join(host.directory, "sysfs/module"), { recursive: true });
        await rm(ownFile(host.directory, "/dev/kvm"));
        await site.restart(host, { qemu: newer });
      }
    },
    standsIn:
      "files of the hosts' own over /proc/cpuinfo, a tree of files for sysfs; for KVM, QEMU's own emulation under the name of it",
  },
];

/** The machine's own QEMU, Debian 12's. */
async function useDebians(site: Site, host: LabHost): Promise<void> {
  const { qemu } = await site.configuration(site.a);
  newer = qemu;
  await site.restart(host, { qemu: { binary: "qemu-system-x86_64", dataDirectory: null } });
}

/** Emulation in KVM's place: whoever asks this QEMU for KVM gets its emulation, without being told. */
async function giveKvm(site: Site, host: LabHost): Promise<void> {
  const { qemu } = await site.configuration(site.a);
  const { binary } = newer as { binary: string };
  const program = join(site.lab.directory, "qemu/kvm-by-name");
  const script = [
    "#!/bin/sh",
    "n=$#",
    'while [ "$n" -gt 0 ]; do',
    '  if [ "$1" = kvm ]; then set -- "$@" tcg; else set -- "$@" "$1"; fi',
    "  shift",
    "  n=$((n - 1))",
    "done",
    `exec ${binary} "$@"`,
  ];
  await writeFile(program, `${script.join("\n")}\n`);
  await chmod(program, 0o755);
  // The machine's own may be there and closed to QEMU's user.
  await host.writeOwnFile("/dev/kvm", "");
  await chmod(ownFile(host.directory, "/dev/kvm"), 0o666);
  await site.restart(host, { qemu: { ...qemu, binary: program } });
}

interface Processor {
  readonly vendor?: string;
  readonly flags: string;
  readonly microcode: string;
  /** KVM's setting. */
  readonly nested: string;
}

async function giveProcessor(
  host: LabHost,
  { vendor = "AuthenticAMD", flags, microcode, nested }: Processor,
): Promise<void> {
  const lines = ["processor\t: 0", `vendor_id\t: ${vendor}`, "model name\t: Lab"];
  const text = [...lines, `microcode\t: ${microcode}`, `flags\t\t: ${flags}`].join("\n");
  await host.writeOwnFile("/proc/cpuinfo", `${text}\n\n`);
  const directory = join(host.directory, "sysfs/module/kvm_amd/parameters");
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "nested"), `${nested}\n`);
}
