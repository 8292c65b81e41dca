/** Machines that go down in order: what becomes of their VMs. Real systemd, real ACPI. `web01` runs on host-b when these begin. */
import assert from "node:assert/strict";
import type { HostsCase } from "./cases.ts";
import { runsOn, type Site, until } from "./site.ts";

export const shutdownCases: readonly HostsCase[] = [
  {
    name: "ferry host shutdown --reboot: a VM on the share moves, one that shall not is shut down by ACPI and runs again after the boot",
    async run({ lab, a, b }) {
      await b.run("ferry vm create smb02 --memory 128M --disk vms,size=64M --nic lan --start");
      const said = await a.run("ferry host shutdown host-b --reboot --yes");
      assert.match(said, /smb02 +moved to host-a/);
      assert.match(said, /web01 +shut down/);
      await lab.gone("host-b");
      await runsOn(a, "smb02", "host-a");
      await lab.start("host-b", () => undefined);
      await runsOn(a, "web01", "host-b");
      assert.match(await a.run("ferry host drain host-b --status"), /not drained/);
    },
  },
  {
    name: "systemctl reboot does the same to the VMs as ferry host shutdown",
    async run({ lab, a, b }) {
      await startedForShutdown(a);
      await a.try("systemctl reboot");
      await lab.gone("host-a");
      await runsOn(b, "smb02", "host-b");
      await lab.start("host-a", () => undefined);
      await until(a, "ferry host list", /host-a/);
      await b.run("ferry vm power-off smb02 --yes; ferry vm delete smb02 --disks --yes");
    },
  },
];

export const watchdogCase: HostsCase = {
  name: "a host whose keeper and agent stand still is reset by its watchdog, and its VM starts on the other",
  async run({ lab, a, b }: Site) {
    // The device's own time, below the lease.
    await b.run("modprobe softdog soft_margin=30");
    // The machine may have one of its own, which is not the kernel's.
    const identity = await b.run("grep -l 'Software Watchdog' /sys/class/watchdog/*/identity");
    const device = `/dev/${identity.split("/").at(-2)}`;
    await b.run(`sed -i 's|^  watchdog: null|  watchdog: ${device}|' /etc/ferry/ferryd.yaml`);
    await b.run("systemctl restart ferryd");
    await a.run("ferry cluster create lab");
    await a.run("ferry cluster set --lease 60s");
    await b.run("ferry cluster join");
    await b.run("ferry vm cluster web01");
    await until(b, "ls -l /proc/[0-9]*/fd", new RegExp(`${device}$`, "m"));
    await b.run("systemctl kill --kill-whom=all --signal=STOP ferryd");
    await lab.gone("host-b");
    await runsOn(a, "web01", "host-a");
    await lab.start("host-b", () => undefined);
    await until(a, "ferry cluster status", /host-b +alive/);
  },
};

export const updateCase: HostsCase = {
  name: "a rolling update reboots a host and waits until the agent of the next boot is well",
  async run({ lab, a }: Site) {
    const said = a.run("ferry cluster update --hosts host-b --run true --reboot --yes");
    await lab.gone("host-b");
    await lab.start("host-b", () => undefined);
    assert.match(await said, /host-b: reboots[\s\S]*1 host updated: host-b/);
    assert.match(await a.run("ferry host drain host-b --status"), /not drained/);
  },
};

async function startedForShutdown(host: Site["a"]): Promise<void> {
  await until(host, "systemctl is-active ferryd", /^active$/m);
  await until(host, "systemctl is-active ferry-guests", /^active$/m);
}
