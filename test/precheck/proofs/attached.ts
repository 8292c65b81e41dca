/** Scenes about what a VM has beside files and network: LUNs, adapters, devices, folders, and what its own QEMU says. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { IscsiStorage } from "../../../lab/iscsi-storage.ts";
import { QmpClient } from "../../../src/qemu/qmp-client.ts";
import { FakeFabricHost, fabric, storagePort } from "../../fibre-channel/fibre-channel-tree.ts";
import type { Scene } from "./scene.ts";
import { emptySysfs, run, type Site } from "./site.ts";

const password = "correct-horse-battery";
const target = "iqn.2026-11.lab:proofs";
const address = "10.77.0.200";
const lun = (number: number, secret?: string) => ({
  source: {
    kind: "iscsi" as const,
    portal: `${address}:3260`,
    ...{ target, lun: number },
    ...(secret !== undefined && { secret }),
  },
});

export const attachedScenes: readonly Scene[] = [
  {
    title: "a LUN whose secret the target was not told",
    async spoil(site) {
      const storage = await IscsiStorage.start(site.lab);
      await storage.addTarget({ name: target, lunMib: 32, chap: { user: "ferry", password } });
      await tell(site, "host-a", password);
      await site.make(site.a, "lun01", { luns: [lun(1, "array")] });
      return { vm: "lun01" };
    },
    reads: {
      "lun-secret":
        /^host-b blocking: "host-b" does not know secret "array", which LUNs of the VM need$/,
    },
    mend: (site) => tell(site, "host-b", password),
  },
  {
    title: "a LUN that the storage does not give the target, for another password",
    async spoil(site) {
      await tell(site, "host-b", "not-the-password");
      return { vm: "lun01" };
    },
    reads: {
      "lun-reached": /^host-b blocking: "host-b" cannot open LUN "lun0" .*Authentication failure/,
    },
    mend: (site) => tell(site, "host-b", password),
  },
  {
    title:
      "a portal that leads to another storage from the target, and a VM of it that has the LUN",
    async spoil(site) {
      // It has the address for itself: it must not answer for it to the others.
      await site.b.run(["sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore"]);
      await site.ip(site.b, "address", "add", `${address}/32`, "dev", "lo");
      const other = await IscsiStorage.start(site.lab, "host-b");
      await other.addTarget({ name: target, lunMib: 16, chap: { user: "ferry", password } });
      await site.make(site.b, "twin02", { luns: [lun(1, "array")] });
      return { vm: "lun01" };
    },
    reads: {
      "lun-same": /^host-b blocking: LUN "lun0" .* has 32 MiB on "host-a" and 16 MiB on "host-b"$/,
      "lun-free":
        /^host-b blocking: VM "twin02" on "host-b" has LUN "lun0" too: both would write to it$/,
    },
    async mend(site) {
      await site.ip(site.b, "address", "delete", `${address}/32`, "dev", "lo");
      await site.remove(site.b, "twin02");
    },
    after: (site) => site.remove(site.a, "lun01"),
  },
  {
    title: "a Fibre Channel adapter whose fabric the target is not in",
    async spoil(site) {
      await using fabricHost = await FakeFabricHost.make(
        join(site.b.directory, "fabric"),
        "/dev/null",
      );
      const { sysfs, devices } = fabricHost.tree;
      await site.make(site.a, "san01", {
        fibreChannel: [{ name: "fc0", fabric }],
        luns: [{ source: { kind: "fibre-channel", adapter: "fc0", target: storagePort, lun: 3 } }],
      });
      // The tree is there, and the agent does not look at it yet: its adapter is not connected.
      tree = { sysfs, devices };
      return { vm: "san01" };
    },
    reads: {
      "fibre-channel":
        /^host-b blocking: "host-b" has no port in fabric \w+ that could carry adapter "fc0"$/,
    },
    mend: (site) => site.restart(site.b, { paths: tree }),
    async after(site) {
      await site.remove(site.a, "san01");
      await site.restart(site.b, { paths: { sysfs: await emptySysfs(site.b), devices: "/dev" } });
    },
    standsIn: "a tree of files for sysfs: no Fibre Channel adapter was at hand",
  },
  {
    title: "a physical disk, devices of the host, and a folder that only one host has",
    async spoil(site) {
      await mkdir(join(site.a.directory, "local/exchange"));
      await site.make(site.a, "bound01", {
        luns: [{ source: { kind: "physical", device: "/dev/disk/by-id/ata-lab" } }],
        hostDevices: [
          { name: "key", kind: "usb", vendor: "1050", product: "0407" },
          { name: "gpu", kind: "pci", address: "0000:01:00.0" },
        ],
        sharedFolders: [{ name: "share", pool: "local", directory: "exchange" }],
      });
      await mkdir(join(site.lab.directory, "vms/exchange"), { mode: 0o777 });
      await site.make(site.a, "free01", {
        sharedFolders: [{ name: "share", pool: "vms", directory: "exchange" }],
      });
      return { vm: "bound01" };
    },
    reads: {
      "physical-disk":
        /^host-a blocking: "lun0" is physical disk \/dev\/disk\/by-id\/ata-lab of "host-a": it can move only inside a cluster$/,
      "host-device":
        /^host-a blocking: The guest has USB device 1050:0407 of "host-a" for itself \("key"\)\nhost-a blocking: The guest has PCI device 0000:01:00\.0/,
      "shared-folder": /^host-b blocking: "host-b" cannot share folder "share": /,
    },
    mend: async () => ({ vm: "free01" }),
    async after(site) {
      for (const vm of ["bound01", "free01"]) await site.remove(site.a, vm);
    },
  },
  {
    title: "a VM whose own QEMU says that it cannot be moved",
    async spoil(site) {
      await site.make(site.a, "held01");
      await site.start(site.a, "held01");
      const filename = join(site.lab.directory, "vms/other.vhd");
      await run("qemu-img", ["create", "-q", "-f", "vpc", filename, "4M"]);
      await run("chmod", ["666", filename]);
      const file = { driver: "file", filename, locking: "off" };
      // An image of a format that QEMU does not move.
      await tellQemu(site, "blockdev-add", { driver: "vpc", "node-name": "other", file });
      return { vm: "held01" };
    },
    reads: {
      "qemu-allows": /^host-a blocking: QEMU on "host-a" says: .*does not support live migration/,
    },
    mend: (site) => tellQemu(site, "blockdev-del", { "node-name": "other" }),
    async after(site) {
      await site.a.api("POST /v1/vms/{vm}/power-off", { params: { vm: "held01" } });
      await site.remove(site.a, "held01");
      await rm(join(site.lab.directory, "vms/other.vhd"));
    },
  },
];

let tree = {};

async function tell(site: Site, host: string, text: string): Promise<void> {
  await site.ferry(site.lab.host(host), ["secret", "set", "array", "--user", "ferry"], text);
}

/** Its monitor takes one at a time: the agent, which is away meanwhile. */
async function tellQemu({ a }: Site, command: string, values: object): Promise<void> {
  const { definition } = await a.api("GET /v1/vms/{vm}", { params: { vm: "held01" } });
  await a.agent.stop();
  const names = await readdir(join(a.directory, "run"), { recursive: true });
  const socket = names.find((name) => name.includes(definition.id) && name.endsWith("qmp.sock"));
  if (socket === undefined)
    throw new Error(`the monitor of "held01" is not there: ${names.join()}`);
  {
    await using qmp = await QmpClient.connect(join(a.directory, "run", socket));
    await qmp.execute(command, { ...values });
  }
  await a.agent.start();
}
