import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../../src/base/run-program.ts";
import { announce } from "../../src/network/announce.ts";
import { findLink } from "../../src/network/ip.ts";
import { inOwnNetwork } from "./own-network.ts";
import { isFerryError, quietLog, smallVm, TestHost, testDirectory } from "./host.ts";

/** Two bridges and a wire between them: the host's, and the physical switch. */
async function makeBridges(): Promise<void> {
  const commands = [
    "link add br-host type bridge",
    "link add br-switch type bridge",
    "link add wire-host type veth peer name wire-switch",
    // Higher than nearly all that a kernel makes up, which a bridge would rather take.
    "link set wire-host address fa:00:00:00:00:01",
    "link set wire-host master br-host up",
    "link set wire-switch master br-switch up",
    "link set br-host up",
    "link set br-switch up",
  ];
  for (const command of commands) await runProgram("ip", command.split(" "));
}

/** Whether the switch has learnt the address from the wire. */
async function switchKnows(mac: string): Promise<boolean> {
  const output = await runProgram("bridge", ["-j", "fdb", "show", "br", "br-switch"]);
  const entries = JSON.parse(output) as { mac: string; ifname: string }[];
  return entries.some((entry) => entry.mac === mac && entry.ifname === "wire-switch");
}

inOwnNetwork(import.meta.filename, () => {
  test("NICs get taps on their bridge, announcements reach the switch, and stopping removes the taps", async () => {
    await makeBridges();
    await using directory = await testDirectory();
    await using host = await TestHost.make("a", directory.path);
    await host.switches.add("lan", "br-host");
    const { definition } = await host.vms.create({
      ...smallVm,
      nics: [{ switch: "lan" }, { switch: "lan", model: "e1000e" }],
    });
    const before = (await findLink("br-host"))?.address;
    await host.vms.start("small");
    assert.equal((await findLink("br-host"))?.address, before, "the host keeps its address");
    const taps = await portsOf("br-host");
    assert.equal(taps.length, 3, "the wire and two taps");
    const vm = host.vms.process(definition.id);
    assert.ok(vm !== undefined);

    await announce(definition, vm, host.switches, quietLog);
    for (const { mac } of definition.nics) assert.equal(await switchKnows(mac), true, mac);

    await host.vms.powerOff("small");
    assert.deepEqual(await portsOf("br-host"), ["wire-host"]);
  });

  test("a skeleton has its own taps on the target, and they go with it", async () => {
    await using directory = await testDirectory();
    await using source = await TestHost.make("a", directory.path);
    await using target = await TestHost.make("b", directory.path);
    await source.switches.add("lan", "br-host");
    await target.switches.add("lan", "br-switch");
    const { definition } = await source.vms.create({ ...smallVm, nics: [{ switch: "lan" }] });
    await source.vms.start("small");
    await target.vms.prepareIncoming(definition, 1, "m1");
    const [there, here] = [await portsOf("br-switch"), await portsOf("br-host")];
    assert.deepEqual([there.length, here.length], [2, 2], "the wire and a tap each");
    await target.vms.discardIncoming(definition.id);
    assert.deepEqual(await portsOf("br-switch"), ["wire-switch"]);
    await source.vms.powerOff("small");
  });

  test("a VLAN on a bridge that does not filter VLANs is refused, and no tap stays", async () => {
    await using directory = await testDirectory();
    await using host = await TestHost.make("a", directory.path);
    await host.switches.add("lan", "br-host");
    await host.vms.create({ ...smallVm, nics: [{ switch: "lan" }, { switch: "lan", vlan: 7 }] });
    await assert.rejects(host.vms.start("small"), isFerryError("unsupported"));
    assert.deepEqual(await portsOf("br-host"), ["wire-host"]);
    assert.deepEqual(await host.traces(), []);
  });

  test("a switch needs a bridge that is there, and stays while a VM uses it", async () => {
    await using directory = await testDirectory();
    await using host = await TestHost.make("a", directory.path);
    await assert.rejects(host.switches.add("lan", "br-none"), isFerryError("not-found"));
    await assert.rejects(host.switches.add("lan", "wire-host"), isFerryError("bad-input"));
    await assert.rejects(host.switches.add("lan", "a b;c"), isFerryError("not-found"));
    await host.switches.add("lan", "br-host");
    await host.vms.create({ ...smallVm, nics: [{ switch: "lan" }] });
    const remove = () => host.switches.remove("lan", host.vms.usingSwitch("lan"));
    assert.throws(remove, isFerryError("in-use"));
    await host.vms.delete("small", { disks: "keep" });
    remove();
    assert.equal((await findLink("br-host"))?.isBridge, true);
  });
});

async function portsOf(bridge: string): Promise<string[]> {
  const output = await runProgram("ip", ["-j", "link", "show", "master", bridge]);
  const links = JSON.parse(output) as { ifname?: string }[];
  return links.flatMap(({ ifname }) => ifname ?? []);
}
