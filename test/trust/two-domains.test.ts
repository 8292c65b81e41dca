/** Hosts of two domains: strangers until both trust each other, then VMs move between them with their disks. Real agents and wires. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createGuest, guestPorts } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";

const vm = "web01";
const address = "10.77.0.50";
let lab: Lab;
let here: LabHost;
let there: LabHost;

before(async () => {
  lab = await Lab.up({ name: "two-domains", domain: false });
  [here, there] = [lab.host("host-a"), lab.host("host-b")];
  for (const [host, name] of [
    [here, "paris"],
    [there, "lyon"],
  ] as const) {
    await ferry(host, ["domain", "create", name]);
    await host.furnish();
  }
  await here.takeKernel();
  await createGuest(lab, { name: vm, host: here.name, address, pool: "local", diskMib: 64 });
});

after(() => Lab.down("two-domains"));

async function ferry(host: LabHost, args: readonly string[], input = ""): Promise<string> {
  const { exitCode, stdout, stderr } = await host.ferry(args, input);
  assert.equal(exitCode, 0, stdout + stderr);
  return stdout;
}

/** `host` trusts the other's domain, as administrators do it: what one prints is given to the other. */
async function trust(host: LabHost, other: LabHost): Promise<void> {
  await ferry(host, ["domain", "trust", "-"], await ferry(other, ["domain", "certificate"]));
}

/** A check of the move is answered as the move is. */
async function refused(host: LabHost, target: LabHost): Promise<string> {
  const { exitCode, stderr } = await host.ferry(["move", vm, target.name, "--with-storage"]);
  assert.notEqual(exitCode, 0);
  assert.match(stderr, /domain/);
  const checked = await host.ferry(["check", vm, target.name, "--with-storage"]);
  assert.deepEqual([checked.exitCode, checked.stderr], [exitCode, stderr]);
  return stderr;
}

test("without trust a host of another domain is unknown, and the remedy says how to trust", async () => {
  assert.match(await refused(here, there), /ferry domain trust/);
});

test("trust of one side alone is not enough, and the error says which side is missing", async () => {
  await trust(here, there);
  assert.match(await refused(here, there), /host-b.*ferry domain trust/s);
});

test("with trust on both sides a VM moves there and back with its disk; its records are all there", async () => {
  await trust(there, here);
  const checked = await ferry(here, ["check", vm, there.name, "--with-storage"]);
  assert.match(checked, /passed {3}domain \(host-b\): The hosts are in one domain, or in two that/);
  await lab.client.ask(address, guestPorts.disk, "write /dev/vda 3 100");
  await using watch = await lab.client.use(address, ["counter", "redis"]);
  await ferry(here, ["move", vm, there.name, "--with-storage"]);
  assert.equal((await there.api("GET /v1/vms/{vm}", { params: { vm } })).state, "running");
  assert.deepEqual((await here.api("GET /v1/vms")).vms, []);
  await ferry(there, ["move", vm, here.name, "--with-storage"]);
  const { counter, redis } = await watch.report();
  assert.deepEqual([counter?.lost, counter?.errors, redis?.errors], [0, 0, 0]);
  const acknowledged = (await lab.client.ask(address, guestPorts.disk, "stop")).split(" ")[1];
  const verify = `verify /dev/vda 3 ${acknowledged}`;
  assert.match(await lab.client.ask(address, guestPorts.disk, verify), /^verified [1-9]\d* 0$/);
});

test("when one side withdraws its trust, no more moves", async () => {
  await ferry(there, ["domain", "untrust", "paris", "--yes"]);
  await refused(here, there);
  await ferry(here, ["domain", "untrust", "lyon", "--yes"]);
  assert.match(await refused(here, there), /ferry domain trust/);
});
