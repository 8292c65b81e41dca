/**
 * A tree that stands in for the kernel's sysfs of Fibre Channel, with somebody behind it who does what a driver does when it
 * is told to make a virtual port: no adapter is needed, and none was at hand.
 */
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { FibreChannelTree } from "../../src/host/fibre-channel.ts";

export const fabric = "100000051e0a0b0c";
export const storagePort = "500507680140a1b2";
const parent = 5;
const lookEveryMs = 5;

export class FakeFabricHost implements AsyncDisposable {
  readonly tree: FibreChannelTree;
  readonly #device: string;
  readonly #stop = new AbortController();
  readonly #working: Promise<void>;
  /** What was written into vport_create and vport_delete. */
  readonly told: string[] = [];
  #next = 6;

  private constructor(tree: FibreChannelTree, device: string) {
    this.tree = tree;
    this.#device = device;
    this.#working = this.#work();
  }

  /** A host with one port in the fabric, from which LUN 3 of the storage is `device`. */
  static async make(directory: string, device: string): Promise<FakeFabricHost> {
    const tree = { sysfs: join(directory, "sys"), devices: join(directory, "dev") };
    await mkdir(tree.devices, { recursive: true });
    await attributes(tree, `fc_host/host${parent}`, {
      port_name: "0x21000024ff000001",
      fabric_name: `0x${fabric}`,
      port_state: "Online",
      max_npiv_vports: "16",
      npiv_vports_inuse: "0",
      vport_create: "",
      vport_delete: "",
    });
    await attributes(tree, `fc_remote_ports/rport-${parent}:0-0`, {
      port_name: `0x${storagePort}`,
      scsi_target_id: "-1",
    });
    return new FakeFabricHost(tree, device);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const created = await this.#take("vport_create");
      if (created !== undefined) await this.#logIn(created);
      const deleted = await this.#take("vport_delete");
      if (deleted !== undefined) await this.#logOut(deleted);
      await delay(lookEveryMs);
    }
  }

  async #take(attribute: string): Promise<string | undefined> {
    const path = join(this.tree.sysfs, `class/fc_host/host${parent}`, attribute);
    const text = await readFile(path, "utf8").catch(() => "");
    if (text.length < 33) return undefined;
    await writeFile(path, "");
    this.told.push(`${attribute} ${text}`);
    return text.split(":")[0];
  }

  async #logIn(wwpn: string): Promise<void> {
    const host = this.#next++;
    const port = { port_name: `0x${wwpn}`, fabric_name: `0x${fabric}`, max_npiv_vports: "0" };
    await attributes(this.tree, `fc_vports/vport-${parent}:0-${host}`, { port_name: `0x${wwpn}` });
    await attributes(this.tree, `fc_remote_ports/rport-${host}:0-0`, {
      port_name: `0x${storagePort}`,
      scsi_target_id: "2",
    });
    const name = `sd${String.fromCharCode(97 + host)}`;
    await mkdir(join(this.tree.sysfs, `class/scsi_device/${host}:0:2:3/device/block`, name), {
      recursive: true,
    });
    await symlink(this.#device, join(this.tree.devices, name)).catch(() => undefined);
    await attributes(this.tree, `fc_host/host${host}`, { ...port, port_state: "Online" });
  }

  async #logOut(wwpn: string): Promise<void> {
    for (let host = parent + 1; host < this.#next; host++) {
      const path = join(this.tree.sysfs, `class/fc_host/host${host}`);
      const name = await readFile(join(path, "port_name"), "utf8").catch(() => "");
      if (name !== `0x${wwpn}`) continue;
      // The port itself last: who sees it gone finds nothing of it any more.
      const gone = [
        join(this.tree.sysfs, `class/scsi_device/${host}:0:2:3`),
        join(this.tree.sysfs, `class/fc_remote_ports/rport-${host}:0-0`),
        join(this.tree.sysfs, `class/fc_vports/vport-${parent}:0-${host}`),
        path,
      ];
      for (const directory of gone) await rm(directory, { recursive: true, force: true });
    }
  }
}

async function attributes(
  { sysfs }: FibreChannelTree,
  directory: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const path = join(sysfs, "class", directory);
  await mkdir(path, { recursive: true });
  for (const [name, value] of Object.entries(values)) await writeFile(join(path, name), value);
}
