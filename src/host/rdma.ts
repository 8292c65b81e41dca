/** The RDMA ports of this host: its devices as the kernel names them, and where the network reaches them. */
import { readdir, readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

export interface RdmaPort {
  /** Such as `mlx5_0`. */
  readonly device: string;
  /** Of the device, from 1. */
  readonly port: number;
  /** Whether the kernel says `ACTIVE`. */
  readonly isActive: boolean;
  /** Of its network interfaces, with prefix lengths: `10.1.0.5/24`. Without those that mean something on one link only. */
  readonly addresses: readonly string[];
}

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Sorted; none on most hosts. `sysfs`: where the kernel shows its devices. */
export async function readRdmaPorts(
  sysfs = "/sys",
  interfaces: Interfaces = networkInterfaces(),
): Promise<RdmaPort[]> {
  const root = join(sysfs, "class/infiniband");
  const found: RdmaPort[] = [];
  for (const device of await names(root)) {
    for (const port of await names(join(root, device, "ports"))) {
      const directory = join(root, device, "ports", port);
      const state = await readFile(join(directory, "state"), "latin1").catch(() => "");
      const carriers = await interfacesOf(join(root, device), directory);
      found.push({
        ...{ device, port: Number(port), isActive: /\bACTIVE\b/.test(state) },
        addresses: carriers.flatMap((name) => addressesOf(interfaces[name] ?? [])),
      });
    }
  }
  return found;
}

/** RoCE and iWARP name an interface for each of a port's addresses; InfiniBand's belongs to the device. */
async function interfacesOf(device: string, port: string): Promise<string[]> {
  const table = join(port, "gid_attrs/ndevs");
  const named = await Promise.all(
    // An entry that is not in use cannot be read.
    (await names(table)).map((entry) => readFile(join(table, entry), "latin1").catch(() => "")),
  );
  const carriers = new Set([
    ...named.map((name) => name.trim()).filter((name) => name !== ""),
    ...(await names(join(device, "device/net"))),
  ]);
  return [...carriers].sort();
}

function addressesOf(addresses: NonNullable<Interfaces[string]>): string[] {
  return addresses.flatMap((address) => {
    const isLinkLocal = "scopeid" in address && address.scopeid !== 0;
    return address.cidr === null || address.internal || isLinkLocal ? [] : [address.cidr];
  });
}

/** Empty where there is no such directory: it is only there once the kernel has RDMA. */
async function names(directory: string): Promise<string[]> {
  const entries: string[] = await readdir(directory).catch(() => []);
  return entries.sort();
}
