/** Ferry's package on whole Debian hosts: `npm run test:hosts`. Wants root, 6 GiB of memory and time; not part of `npm test`. */
import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { HostLab } from "../../lab/hosts/host-lab.ts";
import type { Shell } from "../../lab/hosts/shell.ts";

const name = "test";
const dist = join(import.meta.dirname, "../../dist");
let lab: HostLab;
let a: Shell;
let b: Shell;

before(async () => {
  lab = await HostLab.up(name, 2, (line) => void process.stderr.write(`${line}\n`));
  [a, b] = [lab.shell("host-a"), lab.shell("host-b")];
});

after(() => HostLab.down(name));

test("the package installs without a network, and its service runs", async () => {
  const [file] = globSync(join(dist, "ferry_*_*.deb"));
  assert.ok(file, "no package in dist: npm run package");
  for (const host of [a, b]) {
    await host.copyTo(file, "/root/ferry.deb");
    await host.run("apt-get install -y -q --no-install-recommends /root/ferry.deb");
    assert.equal((await host.run("systemctl is-active ferryd")).trim(), "active");
    await host.run("man -w ferry 2>/dev/null || test -e /usr/share/man/man1/ferry.1.gz");
  }
});

test("two fresh hosts become a domain with pool and switch, as the page for it says", async () => {
  await a.run("ferry domain create lab");
  const token = (await a.run('ferry domain token --json | grep -o \'"token": *"[^"]*"\'')).split(
    '"',
  )[3];
  await b.run(`ferry host join ${token}`);
  for (const host of [a, b]) {
    await host.run(
      "mkdir -p /srv/vms && ferry pool create vms /srv/vms && ferry switch create lan br0",
    );
  }
  assert.match(await a.run("ferry host list"), /host-a[\s\S]*host-b/);
});

test("a VM runs under KVM, in a scope of its own, and moves", async () => {
  await a.run("ferry vm create web01 --memory 128M --nic lan --start");
  assert.match(await a.run("ferry host show host-a --json"), /kvm/);
  assert.match(await a.run("tr '\\0' ' ' < /proc/$(pgrep -o qemu-system)/cmdline"), /-accel kvm/);
  await until(a, "systemctl list-units --plain 'ferry-vm-*.scope'", /ferry-vm-.*running/);
  await a.run("ferry move web01 host-b");
  assert.match(await a.run("ferry vm show web01 --json"), /"host": *"host-b"/);
  assert.match(await b.run("ferry vm list"), /web01.*running/);
});

test("agent stopped, restarted, upgraded: the VM runs on, in the same process", async () => {
  const pid = () => b.run("pgrep -o qemu-system");
  const before = await pid();
  for (const command of [
    "systemctl restart ferryd",
    "systemctl stop ferryd && systemctl start ferryd",
    "apt-get install -y -q --reinstall --no-install-recommends /root/ferry.deb",
  ]) {
    await b.run(command);
    assert.equal(await pid(), before, command);
    await until(b, "ferry vm list", /web01.*running/);
  }
  await b.run("ferry move web01 host-a");
  assert.match(await a.run("ferry vm list"), /web01.*running/);
});

test("a host loses its power: the other says so, and the host comes back with its VM to be started", async () => {
  await lab.powerOff("host-a");
  const { exitCode } = await b.try("ferry vm show web01");
  assert.notEqual(exitCode, 0);
  await lab.start("host-a", () => undefined);
  await until(a, "ferry vm list", /web01.*(stopped|crashed)/);
  await a.run("ferry vm start web01");
  await a.run("ferry move web01 host-b");
});

/** As often as it takes. */
async function until(host: Shell, command: string, wanted: RegExp): Promise<void> {
  for (;;) {
    const { stdout } = await host.try(command);
    if (wanted.test(stdout)) return;
    await sleep(500);
  }
}
