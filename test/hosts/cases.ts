/** What is tried on whole hosts, in this order: later cases use what earlier ones left. Each throws what is not as it should be. */
import assert from "node:assert/strict";
import { guestPorts } from "../../lab/guest.ts";
import { linkCases } from "./link-cases.ts";
import { addRdma } from "./rdma-devices.ts";
import { shutdownCases, updateCase, watchdogCase } from "./shutdown-cases.ts";
import { copiesMemory, lastMove, refused, runsOn, type Site, until } from "./site.ts";
import type { Served } from "./served.ts";
import { smbPassword } from "./smb-server.ts";
import { writingCase } from "./writing-case.ts";

export interface HostsCase {
  readonly name: string;
  /** Resolves to a figure or two for the table, or to nothing. */
  run(site: Site): Promise<string | void>;
}

const guest = "10.88.0.50";

export const hostsCases: readonly HostsCase[] = [
  {
    name: "the package installs without a network, and its service runs",
    async run({ lab, a, b, packageFile }) {
      const installed = [a, b].map(async (host) => {
        await host.copyTo(packageFile, "/root/ferry.deb");
        await host.run("apt-get install -y -q /root/ferry.deb");
        await until(host, "systemctl is-active ferryd", /^active$/m);
        await until(host, "systemctl is-active ferry-guests", /^active$/m);
        await host.run("test -e /usr/share/man/man1/ferry.1.gz");
      });
      await Promise.all(installed);
      assert.equal(lab.hosts.length, 2);
    },
  },
  {
    name: "two fresh hosts become a domain with pool and switch, as the page says",
    async run({ a, b }) {
      await a.run("ferry domain create lab");
      const token = (await a.run("ferry domain token")).trim().split("\n").at(-1) ?? "";
      await b.run(`ferry host join ${token}`);
      for (const host of [a, b]) {
        await host.run("ferry pool create local /srv/local && ferry switch create lan br0");
        await host.run("ferry host network add 10.89.0.0/24");
      }
      assert.match(await a.run("ferry host list"), /host-a[\s\S]*host-b/);
    },
  },
  {
    name: "a guest under KVM moves there and back while it is used, each time in a scope of its own",
    async run(site) {
      const { a, b, client } = site;
      await a.run(createGuest("web01"));
      await runsOn(a, "web01", "host-a");
      await client.waitFor(guest, guestPorts.counter, site.patienceMs);
      assert.match(
        await a.run("tr '\\0' ' ' < /proc/$(pgrep -o qemu-system)/cmdline"),
        /-accel kvm/,
      );
      await using watch = await client.use(guest, ["counter"], 20);
      const blackouts: number[] = [];
      const clock = await guestClock(client);
      for (const [from, to, name] of [
        [a, b, "host-b"],
        [b, a, "host-a"],
      ] as const) {
        await until(from, "systemctl list-units --plain 'ferry-vm-*.scope'", /ferry-vm-.*running/);
        await from.run(`ferry move web01 ${name} --with-storage --yes`);
        await runsOn(to, "web01", name);
        blackouts.push((await lastMove(to, "web01")).blackout?.totalMs ?? Number.NaN);
      }
      const { lost, duplicates, errors } = await watch.counter();
      assert.deepEqual({ lost, duplicates, errors }, { lost: 0, duplicates: 0, errors: 0 });
      const later = await guestClock(client);
      const behindMs = later.hereMs - clock.hereMs - (later.guestMs - clock.guestMs);
      // Neither thrown back nor ahead: it stands still while the guest does.
      assert.ok(behindMs > -1_000 && behindMs < 30_000, `its clock is ${behindMs} ms behind`);
      return `blackouts ${blackouts.map(Math.round).join(" and ")} ms, then its clock ${Math.round(behindMs)} ms behind`;
    },
  },
  {
    name: "the agent is restarted, stopped and upgraded: the VM runs on in the same process, and moves",
    async run({ a, b }) {
      const before = await a.run("pgrep -o qemu-system");
      for (const command of [
        "systemctl restart ferryd",
        "systemctl stop ferryd && systemctl start ferryd",
        "systemctl restart ferry-guests",
        "apt-get install -y -q --reinstall /root/ferry.deb",
      ]) {
        await a.run(command);
        await runsOn(a, "web01", "host-a");
        assert.equal(await a.run("pgrep -o qemu-system"), before, command);
      }
      await a.run("ferry move web01 host-b --with-storage --yes");
      await runsOn(b, "web01", "host-b");
    },
  },
  {
    name: "shared nothing: a VM with a disk of its own",
    async run({ a, b }) {
      await a.run("ferry vm create disky --memory 128M --disk local,size=64M --nic lan --start");
      await a.run("ferry move disky host-b --with-storage --yes");
      await runsOn(b, "disky", "host-b");
      await b.run("test -e /srv/local/disky*");
      await a.run("! ls /srv/local/disky* 2>/dev/null");
      await b.run("ferry vm power-off disky --yes; ferry vm delete disky --disks --yes");
    },
  },
  {
    name: "a share with a wrong password, and one that a host may only read, are refused with the reason",
    async run({ a, b }) {
      const create = (pool: string, password: string): string =>
        `printf '%s' '${password}' | ferry pool create ${pool} --smb //10.88.0.1/${pool} --user root`;
      await refused(a, create("vms", "wrong"), /password|denied|user/i);
      for (const host of [a, b]) await host.run(create("vms", smbPassword));
      await a.run(create("half", smbPassword));
      await b.try(create("half", smbPassword));
      await a.run("ferry vm create half01 --memory 128M --disk half,size=16M --nic lan --start");
      await refused(a, "ferry check half01 host-b", /half.*(read|writ)|write|read-only/i);
      await a.run("ferry vm power-off half01 --yes; ferry vm delete half01 --disks --yes");
    },
  },
  writingCase,
  {
    name: "a VM on an SMB share moves while the server is restarted",
    async run(site) {
      const outcome = await moveDuringRestart(site, "smb01", "vms", site.smb);
      assert.match(await mountsOf(site.a, "cifs"), /vers=3.*nobrl|nobrl.*vers=3/);
      return outcome;
    },
  },
  {
    name: "a VM on an NFS export moves while the server is restarted",
    async run(site) {
      for (const host of [site.a, site.b])
        await host.run("ferry pool create exported --nfs 10.88.0.1:/vms");
      const outcome = await moveDuringRestart(site, "nfs01", "exported", site.nfs);
      assert.match(await mountsOf(site.b, "nfs4"), /vers=4\.1.*hard/);
      return outcome;
    },
  },
  {
    name: "RDMA is refused where one host has none, and works where both have it",
    async run({ a, b }) {
      await addRdma(b);
      await refused(b, "ferry check web01 host-a --performance rdma", /host-a.*RDMA/);
      await addRdma(a);
      await b.run("ferry move web01 host-a --performance rdma --with-storage --yes");
      await runsOn(a, "web01", "host-a");
      const sent = Number(
        await b.run("cat /sys/class/infiniband/rxe0/ports/1/hw_counters/sent_pkts"),
      );
      assert.ok(sent > 1000, `${sent} RDMA packets`);
      const blackout = (await lastMove(a, "web01")).blackout?.totalMs ?? Number.NaN;
      return `${sent} RDMA packets, blackout ${Math.round(blackout)} ms`;
    },
  },
  {
    name: "the RDMA adapters' link goes in the middle of a move: the VM stays where it was, and moves without",
    async run({ a, b }) {
      await a.run(
        "ferry move web01 host-b --performance rdma --bandwidth 1M --with-storage --yes --detach",
      );
      await copiesMemory(a, "web01");
      await b.run("ip link set eth1 down");
      await until(a, "ferry migration list --vm web01 --limit 1", /failed/);
      await runsOn(a, "web01", "host-a");
      await b.run("ip link set eth1 up");
      // QEMU answers nobody until its RDMA connection has given up.
      const moved = /^web01 +running +host-b\b/m;
      await until(a, "ferry move web01 host-b --with-storage --yes; ferry vm list", moved);
    },
  },
  ...linkCases,
  {
    name: "a target without rights on /dev/kvm is refused in the check",
    async run({ a, b }) {
      await b.run("chmod 000 /dev/kvm");
      try {
        await refused(a, "ferry check web01 host-b --with-storage", /kvm/i);
      } finally {
        await b.run("chmod 660 /dev/kvm");
      }
    },
  },
  {
    name: "a target whose disk is full is refused in the check",
    async run({ a, b }) {
      await b.run(
        "mkdir -p /srv/small && mount -t tmpfs -o size=8M tmpfs /srv/small && ferry pool create small /srv/small",
      );
      await a.run("dd if=/dev/urandom of=/root/fill.raw bs=1M count=16 2>/dev/null");
      await a.run(
        "ferry vm create big01 --memory 128M --disk local,import=/root/fill.raw --nic lan --start",
      );
      await refused(
        b,
        "ferry check big01 host-b --with-storage --target-pool small",
        /room|space|free/i,
      );
      await a.run("ferry vm power-off big01 --yes; ferry vm delete big01 --disks --yes");
    },
  },
  {
    name: "a host loses its power with a VM: the other says so, and the VM is started when the host is back",
    async run({ lab, a, b }) {
      await lab.powerOff("host-a");
      await refused(b, "ferry vm show web01", /host-a|web01/);
      await lab.start("host-a", () => undefined);
      await until(a, "ferry vm list", /web01.*(stopped|crashed)/);
      await a.run("ferry vm start web01");
      await a.run("ferry move web01 host-b --with-storage --yes");
      await runsOn(b, "web01", "host-b");
    },
  },
  ...shutdownCases,
  watchdogCase,
  updateCase,
];

/**
 * A blackout waits a few seconds for storage, no longer: a server that is away for longer then has the move taken back, and the next one succeeds.
 * The guest runs in either case.
 */
async function moveDuringRestart(
  { a, b }: Site,
  vm: string,
  pool: string,
  server: Served,
): Promise<string> {
  await a.run(`ferry vm create ${vm} --memory 128M --disk ${pool},size=64M --nic lan --start`);
  await a.run(`ferry move ${vm} host-b --bandwidth 1M --detach`);
  await copiesMemory(a, vm);
  await server.restart(3_000);
  await until(a, `ferry migration list --vm ${vm} --limit 1`, /completed|failed/);
  const { state } = await lastMove(a, vm);
  if (state === "failed") {
    await runsOn(a, vm, "host-a");
    await a.run(`ferry move ${vm} host-b`);
  }
  await runsOn(b, vm, "host-b");
  await b.run(`ferry vm power-off ${vm} --yes; ferry vm delete ${vm} --disks --yes`);
  return state === "failed" ? "taken back, then moved" : "completed";
}

/** As the agent sees them: systemd gives it a mount namespace of its own, which its QEMUs share. */
async function mountsOf(host: Site["a"], type: string): Promise<string> {
  return await host.run(`nsenter -m -t $(systemctl show -P MainPID ferryd) mount -t ${type}`);
}

/** How long the guest has run by its own clock, and this machine's clock at that moment; milliseconds. */
async function guestClock(client: Site["client"]): Promise<{ hereMs: number; guestMs: number }> {
  const said = await client.ask(guest, guestPorts.command, "cat /proc/uptime");
  return { hereMs: performance.now(), guestMs: Number(said.split(" ")[0]) * 1000 };
}

/**
 * The lab's guest: its kernel and programs from memory. When its host is shut down it is too (shutdown-cases.ts). KVM's clock stands still
 * where KVM itself is emulated; what the guest has freed need not be moved by hosts that are slow.
 */
function createGuest(name: string): string {
  const line = `console=ttyS0 quiet no-kvmclock mitigations=off init_on_free=1 ferry.ip=${guest}/24 ferry.name=${name}`;
  return (
    `ferry vm create ${name} --memory 192M --nic lan --kernel local/vmlinuz --initrd local/initrd.img ` +
    `--kernel-arguments '${line}' --at-host-shutdown shutdown --start`
  );
}
