/**
 * Fibre Channel as the kernel shows it in sysfs: the host's ports, virtual ports made on them (NPIV), and the LUNs that a
 * port sees. The tree's place comes in, so that another than the kernel's can stand in.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";

export interface FibreChannelTree {
  /** `/sys`. */
  readonly sysfs: string;
  /** `/dev`. */
  readonly devices: string;
}

/** Names are 16 hexadecimal digits. */
export interface FibreChannelPort {
  /** The kernel's number of it: 5 is `host5`. */
  readonly number: number;
  readonly portName: string;
  readonly fabric: string;
  readonly online: boolean;
  /** How many virtual ports it could still carry; 0 for one that can't. */
  readonly freeVirtualPorts: number;
}

export interface WorldWideNames {
  readonly wwnn: string;
  readonly wwpn: string;
}

/** A port logs in to a fabric and the kernel looks for LUNs: seconds, on a busy array tens of them. */
const appearMs = 30_000;
const lookEveryMs = 100;

export async function fibreChannelPorts({ sysfs }: FibreChannelTree): Promise<FibreChannelPort[]> {
  const directory = join(sysfs, "class/fc_host");
  const names = await list(directory);
  return Promise.all(
    names.map(async (name) => {
      const read = (attribute: string) => readAttribute(join(directory, name, attribute));
      const most = Number((await read("max_npiv_vports")) ?? 0);
      return {
        number: Number(name.slice("host".length)),
        portName: plainName(await read("port_name")),
        fabric: plainName(await read("fabric_name")),
        online: (await read("port_state")) === "Online",
        freeVirtualPorts: Math.max(0, most - Number((await read("npiv_vports_inuse")) ?? 0)),
      };
    }),
  );
}

/**
 * Makes a virtual port on the port in that fabric that has most room, and resolves when it is logged in.
 * @throws FerryError `unsupported` when no port is in the fabric or has room, `in-use`, `system-refused`, `timeout`.
 */
export async function createVirtualPort(
  tree: FibreChannelTree,
  fabric: string,
  { wwnn, wwpn }: WorldWideNames,
): Promise<void> {
  const ports = await fibreChannelPorts(tree);
  if (ports.some(({ portName }) => portName === wwpn)) {
    throw new FerryError(
      "in-use",
      `Cannot make Fibre Channel port ${wwpn}: this host has it already`,
      {
        remedy: "End the VM that uses it, or give the VM's adapter other names",
      },
    );
  }
  const [parent] = ports
    .filter((port) => port.fabric === fabric && port.online && port.freeVirtualPorts > 0)
    .sort((left, right) => right.freeVirtualPorts - left.freeVirtualPorts);
  if (parent === undefined) {
    throw new FerryError(
      "unsupported",
      `Cannot make Fibre Channel port ${wwpn}: no port of this host is in fabric ${fabric} and carries virtual ports`,
      {
        remedy:
          "Connect an adapter with NPIV to the fabric; docs/fibre-channel.md says how to look",
      },
    );
  }
  await tell(tree, parent.number, "vport_create", { wwnn, wwpn });
  await appears(`port ${wwpn} to log in to fabric ${fabric}`, async () =>
    (await fibreChannelPorts(tree)).find(({ portName, online }) => portName === wwpn && online),
  );
}

/** Removes a virtual port; one that is not there is as good. @throws FerryError `system-refused`. */
export async function deleteVirtualPort(
  tree: FibreChannelTree,
  names: WorldWideNames,
): Promise<void> {
  const directory = join(tree.sysfs, "class/fc_vports");
  for (const name of await list(directory)) {
    if (plainName(await readAttribute(join(directory, name, "port_name"))) !== names.wwpn) continue;
    // `vport-5:0-1` was made on host5.
    const parent = /^vport-(\d+):/.exec(name)?.[1];
    if (parent !== undefined) await tell(tree, Number(parent), "vport_delete", names);
  }
}

/** The storage's ports that a port of this host sees in the fabric. */
export async function remotePorts(
  tree: FibreChannelTree,
  port: number,
): Promise<Map<string, string>> {
  const directory = join(tree.sysfs, "class/fc_remote_ports");
  const names = (await list(directory)).filter((name) => name.startsWith(`rport-${port}:`));
  const found = await Promise.all(
    names.map(async (name) => {
      const read = (attribute: string) => readAttribute(join(directory, name, attribute));
      return [plainName(await read("port_name")), (await read("scsi_target_id")) ?? "-1"] as const;
    }),
  );
  return new Map(found);
}

/**
 * The block device of a LUN that the (virtual) port `wwpn` sees; waits until it is there.
 * @throws FerryError `timeout`.
 */
export async function fibreChannelDevice(
  tree: FibreChannelTree,
  wwpn: string,
  { target, lun }: { readonly target: string; readonly lun: number },
): Promise<string> {
  return appears(`LUN ${lun} of ${target} to be seen by port ${wwpn}`, async () => {
    const port = (await fibreChannelPorts(tree)).find(({ portName }) => portName === wwpn);
    if (port === undefined) return undefined;
    const id = (await remotePorts(tree, port.number)).get(target);
    const scsi = join(tree.sysfs, "class/scsi_device");
    const seat = new RegExp(`^${port.number}:\\d+:${id ?? "-"}:${lun}$`);
    const device = (await list(scsi)).find((name) => seat.test(name));
    if (device === undefined) return undefined;
    const [block] = await list(join(scsi, device, "device/block"));
    return block === undefined ? undefined : join(tree.devices, block);
  });
}

async function tell(
  { sysfs }: FibreChannelTree,
  port: number,
  attribute: "vport_create" | "vport_delete",
  { wwnn, wwpn }: WorldWideNames,
): Promise<void> {
  const path = join(sysfs, "class/fc_host", `host${port}`, attribute);
  await writeFile(path, `${wwpn}:${wwnn}`).catch((cause: unknown) => {
    throw new FerryError("system-refused", `Cannot write ${wwpn}:${wwnn} into ${path}`, {
      remedy:
        "The agent must be root, and the adapter's driver must carry virtual ports (lpfc, qla2xxx)",
      cause,
    });
  });
}

async function appears<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + appearMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) {
      throw new FerryError(
        "timeout",
        `Cannot wait longer for ${what}: nothing for ${appearMs} ms`,
        {
          remedy:
            "See whether the fabric's zoning and the storage's masking list both names of the VM's adapter",
        },
      );
    }
    await delay(lookEveryMs);
  }
}

async function list(directory: string): Promise<string[]> {
  // A host without Fibre Channel has none of these directories.
  return readdir(directory).catch(() => []);
}

async function readAttribute(path: string): Promise<string | undefined> {
  return (await readFile(path, "utf8").catch(() => undefined))?.trim();
}

/** `0x10000000c9a0b0c0` as its digits. */
function plainName(text: string | undefined): string {
  return (text ?? "").replace(/^0x/, "").toLowerCase();
}
