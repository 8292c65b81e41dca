/** Scenes about the guest's network, the way between the hosts, and the room for one more guest. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LabHost } from "../../../lab/lab-host.ts";
import { namespaceOf } from "../../../lab/topology.ts";
import type { Scene } from "./scene.ts";

const mac = "52:54:00:aa:00:01";

export const networkAndCapacityScenes: readonly Scene[] = [
  {
    title: "a guest's network that is another one on the target",
    async spoil(site) {
      const { a, b } = site;
      // A second network of the guests, on a wire of its own.
      for (const host of [a, b]) {
        await site.ip(host, "link", "add", "br1", "type", "bridge");
        await site.ip(host, "link", "set", "br1", "up");
        await host.api("POST /v1/switches", { body: { name: "dmz", bridge: "br1" } });
      }
      const peer = ["peer", "name", "dmz0", "netns", namespaceOf(site.lab.name, b.name)];
      await site.ip(a, "link", "add", "dmz0", "type", "veth", ...peer);
      await site.ip(a, "link", "set", "dmz0", "master", "br1", "up");
      await site.ip(b, "link", "set", "dmz0", "up");
      await site.ip(b, "link", "set", "br1", "mtu", "1400");
      await a.api("POST /v1/switches", { body: { name: "back", bridge: "br1" } });
      await site.make(a, "net01", { nics: [{ switch: "dmz", mac }, { switch: "back" }] });
      await site.make(b, "same01", { nics: [{ switch: "dmz", mac }] });
      return { vm: "net01" };
    },
    reads: {
      "network-segment":
        /^host-b blocking: Frames from switch "dmz" of "host-a" do not arrive at "host-b" \(br1\): the guest would be cut off$/,
      "network-mtu":
        /^host-b warning: Switch "dmz" carries 1400 bytes on "host-b", 1500 on "host-a": larger frames of the guest would be lost$/,
      "virtual-switch": /^host-b blocking: "host-b" has no virtual switch "back"$/,
      "mac-unique":
        /^host-b blocking: VM "same01" on "host-b" has MAC address 52:54:00:aa:00:01 too$/,
    },
    async mend(site) {
      await site.ip(site.b, "link", "set", "br1", "mtu", "1500");
      await site.ip(site.b, "link", "set", "dmz0", "master", "br1", "up");
      await site.b.api("POST /v1/switches", { body: { name: "back", bridge: "br1" } });
      await site.remove(site.b, "same01");
    },
    after: (site) => site.remove(site.a, "net01"),
  },
  {
    title: "a VLAN that the target's bridge does not keep apart",
    async spoil(site) {
      await site.make(site.a, "vlan01", { nics: [{ switch: "dmz", vlan: 7 }] });
      await site.make(site.a, "vlan02", { nics: [{ switch: "dmz" }] });
      return { vm: "vlan01" };
    },
    reads: {
      "network-vlan":
        /^host-b blocking: Bridge br1 of "host-b" does not filter VLANs, adapter "nic0" is in VLAN 7$/,
    },
    // The kernel of a development machine may have no VLAN filtering to switch on.
    mend: async () => ({ vm: "vlan02" }),
    async after(site) {
      for (const vm of ["vlan01", "vlan02"]) await site.remove(site.a, vm);
    },
    standsIn:
      "for the remedy, an adapter without a VLAN: the kernel of a development machine filters none",
  },
  {
    title: "hosts without a migration network in common",
    async spoil(site) {
      await site.ferry(site.b, ["host", "network", "add", "10.99.0.0/24", "host-b"]);
      return { vm: "twin01" };
    },
    reads: {
      "migration-network":
        /^host-b blocking: "host-b" has no address in its own migration networks, "host-a" uses any network$/,
    },
    async mend(site) {
      await site.ferry(site.b, ["host", "network", "remove", "10.99.0.0/24", "host-b"]);
    },
  },
  {
    title: "a guest that is larger than the target",
    async spoil(site) {
      const topology = { sockets: 64, cores: 4, threads: 1 };
      await site.make(site.a, "wide01", { topology });
      await site.make(site.a, "wide02");
      return { vm: "wide01" };
    },
    reads: {
      "cpu-count":
        /^host-b warning: The VM has 256 vCPUs, "host-b" \d+ logical processors: its vCPUs would wait for each other$/,
      "cpu-overcommit":
        /^host-b warning: "host-b" would run \d+ vCPUs on \d+ logical processors, more than 8 on each$/,
    },
    mend: async () => ({ vm: "wide02" }),
    async after(site) {
      for (const vm of ["wide01", "wide02"]) await site.remove(site.a, vm);
    },
  },
  {
    title: "memory that the target has promised, has in pieces, and not in huge pages",
    async spoil(site) {
      const { a, b } = site;
      await giveHugePages(a);
      await giveNodes(a, [512]);
      await giveNodes(b, [48, 32], 56);
      await site.make(b, "full01", { memoryMib: 48 });
      await site.start(b, "full01");
      await site.make(a, "big01");
      return { vm: "big01" };
    },
    reads: {
      "memory-promised":
        /^host-b blocking: .* of "host-b" holds 101 MiB for guests, of which 48 MiB are promised; the VM needs 64 MiB$/,
      "memory-node":
        /^host-b warning: No NUMA node of "host-b" has more than 48 MiB free, the guest's 64 MiB would be spread over several$/,
      "huge-pages":
        /^host-b warning: Guests' memory is in huge pages on "host-a" \(madvise\), not on "host-b" \(never\)/,
    },
    async mend(site) {
      const { b } = site;
      await b.api("POST /v1/vms/{vm}/power-off", { params: { vm: "full01" } });
      await giveHugePages(b);
      await giveNodes(b, [48, 80]);
    },
    async after(site) {
      await site.remove(site.b, "full01");
      await site.remove(site.a, "big01");
    },
    standsIn:
      "for a machine of little memory in several NUMA nodes, trees of files that the hosts take for sysfs",
  },
];

/** As a kernel that gives them to programs which ask. */
async function giveHugePages(host: LabHost): Promise<void> {
  const directory = join(host.directory, "sysfs/kernel/mm/transparent_hugepage");
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "enabled"), "always [madvise] never\n");
}

/** Nodes with so many MiB free, of so many. */
async function giveNodes(
  host: LabHost,
  freeMib: readonly number[],
  totalMib = 1024,
): Promise<void> {
  for (const [node, mib] of freeMib.entries()) {
    const directory = join(host.directory, `sysfs/devices/system/node/node${node}`);
    await mkdir(directory, { recursive: true });
    const lines = [`MemTotal: ${totalMib * 1024} kB`, `MemFree: ${mib * 1024} kB`];
    const text = lines.map((line) => `Node ${node} ${line}\n`).join("");
    await writeFile(join(directory, "meminfo"), text);
  }
}
