/** Scenes about the VM itself, what is asked of its move, and the two hosts. */
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import type { LabHost } from "../../../lab/lab-host.ts";
import type { Scene } from "./scene.ts";
import { MiB } from "./site.ts";

const day = 86_400;

export const vmAndHostScenes: readonly Scene[] = [
  {
    title: "a VM that is off",
    async spoil(site) {
      await site.make(site.a, "off01");
      return { vm: "off01" };
    },
    reads: {
      "vm-state":
        /^host-a blocking: VM "off01" is stopped; a live move needs it running or paused$/,
    },
    mend: (site) => site.start(site.a, "off01"),
    after: async (site) => {
      await site.a.api("POST /v1/vms/{vm}/power-off", { params: { vm: "off01" } });
      await site.remove(site.a, "off01");
    },
  },
  {
    title: "another VM of the name on the target",
    async spoil(site) {
      for (const host of [site.a, site.b]) await site.make(host, "twin01");
      return { vm: "twin01" };
    },
    reads: {
      "vm-unknown-on-target": /^host-b blocking: "host-b" has another VM named "twin01" \(/,
    },
    mend: (site) => site.remove(site.b, "twin01"),
  },
  {
    title: "the host that the VM is on as the target",
    async spoil() {
      return { vm: "twin01", target: "host-a" };
    },
    reads: { "different-hosts": /^host-a blocking: VM "twin01" is on "host-a" already$/ },
    mend: async () => ({ vm: "twin01", target: "host-b" }),
  },
  {
    title: "a move that asks for what the hosts have not, or does not go together",
    async spoil() {
      const options = {
        performance: "rdma",
        convergencePolicy: "post-copy",
        verifyMemory: true,
      } as const;
      return { vm: "twin01", options };
    },
    reads: {
      "performance-option":
        /^host-a blocking: "host-a" has no RDMA device, performance option "rdma" needs one on both hosts$/m,
      "rdma-in-the-clear": /^host-a warning: Memory goes over RDMA as it is/m,
      "post-copy": /^host-a blocking: Memory cannot be compared \(--verify\)/m,
      "post-copy-risk":
        /^host-a warning: Policy post-copy: .* the failure of either host's machine or QEMU loses the VM/,
    },
    mend: async () => ({
      vm: "twin01",
      options: { performance: "multichannel", convergencePolicy: "certain" },
    }),
  },
  {
    title: "a target that takes no part in moves",
    async spoil(site) {
      await site.ferry(site.b, ["host", "set", "host-b", "--migration", "off"]);
      return { vm: "twin01" };
    },
    reads: { "takes-part": /^host-b blocking: No move comes to "host-b": / },
    async mend(site) {
      await site.ferry(site.b, ["host", "set", "host-b", "--migration", "on"]);
    },
  },
  {
    title: "clocks and certificates that are wrong",
    async spoil(site) {
      await setClock(site.b, 86 * day);
      await site.restart(site.b, {}, { environment: wrongClock(site.b) });
      return { vm: "twin01" };
    },
    reads: {
      clocks: /^host-b warning: The clocks of "host-a" and "host-b" differ by 7\d{6} s$/,
      certificate:
        /^host-b warning: The certificate of "host-b" runs out in [34]\.\d days, and was not renewed/,
    },
    mend: (site) => setClock(site.b, 0),
    after: (site) => site.restart(site.b),
    standsIn: "libfaketime between the agent and the kernel's clock",
  },
  {
    title: "hosts with too much to do, and a target without free memory",
    async spoil(site) {
      for (const host of [site.a, site.b]) {
        await host.writeOwnFile("/proc/loadavg", "640.00 0.10 0.10 1/100 1234\n");
      }
      await site.b.writeOwnFile(
        "/proc/meminfo",
        "MemTotal: 4194304 kB\nMemFree: 65536 kB\nMemAvailable: 102400 kB\n",
      );
      return { vm: "twin01" };
    },
    reads: {
      load: /^host-a warning: "host-a" has 640\.0 runnable tasks for \d+ processors\nhost-b warning/,
      memory: /^host-b blocking: "host-b" has 100 MiB available, the VM needs 192 MiB$/,
    },
    async mend(site) {
      for (const host of [site.a, site.b]) {
        await host.writeOwnFile("/proc/loadavg", "0.50 0.10 0.10 1/100 1234\n");
      }
      await site.b.writeOwnFile("/proc/meminfo", await site.usual("/proc/meminfo"));
    },
    standsIn: "files of the host's own over /proc/loadavg and /proc/meminfo",
  },
  {
    title: "a target without QEMU, whose firmware and TPM are others",
    async spoil(site) {
      await site.make(site.a, "desk01", { firmware: "uefi", tpm: { model: "crb" } });
      await site.b.writeOwnFile(site.firmware, new Uint8Array(2 * MiB));
      const { qemu } = await site.configuration(site.b);
      kept = { tpmEmulator: "swtpm", ...qemu };
      await site.restart(site.b, {
        qemu: { binary: "/nowhere/qemu", tpmEmulator: "/nowhere/swtpm" },
      });
      return { vm: "desk01" };
    },
    reads: {
      "qemu-present": /^host-b blocking: "host-b" has no working QEMU$/,
      tpm: /^host-b blocking: "host-b" has no swtpm, which would be the VM's TPM$/,
      "uefi-firmware":
        /^host-b blocking: The UEFI firmware of "host-b" has 2097152 bytes, that of "host-a" \d+$/,
    },
    async mend(site) {
      await site.b.writeOwnFile(site.firmware, await site.usual(site.firmware));
      await site.restart(site.b, { qemu: kept });
    },
    after: (site) => site.remove(site.a, "desk01"),
    standsIn: "a file of the host's own over the firmware",
  },
];

let kept = {};

async function setClock(host: LabHost, secondsAhead: number): Promise<void> {
  await writeFile(join(host.directory, "clock"), `+${secondsAhead}\n`);
}

/** Debian's libfaketime between the agent and the kernel's clock; timers stay as they are. */
function wrongClock(host: LabHost): NodeJS.ProcessEnv {
  return {
    LD_PRELOAD: "/usr/$LIB/faketime/libfaketimeMT.so.1",
    FAKETIME_TIMESTAMP_FILE: join(host.directory, "clock"),
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}
