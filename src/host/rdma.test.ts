import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { readRdmaPorts } from "./rdma.ts";

const address = (cidr: string, scopeid?: number) => ({
  ...{ address: cidr.split("/")[0] ?? "", netmask: "", mac: "00:00:00:00:00:00", cidr },
  internal: false,
  ...(scopeid === undefined ? { family: "IPv4" as const } : { family: "IPv6" as const, scopeid }),
});

test("readRdmaPorts() finds the ports, their state and their interfaces' addresses", async () => {
  const sysfs = await mkdtemp(join(tmpdir(), "ferry-rdma-"));
  const files = {
    "rxe0/ports/1/state": "4: ACTIVE\n",
    "rxe0/ports/1/gid_attrs/ndevs/0": "eth1\n",
    "rxe0/ports/1/gid_attrs/ndevs/1": "eth1\n",
    "mlx4_0/ports/2/state": "1: DOWN\n",
    "mlx4_0/device/net/ib0/mtu": "2044\n",
  };
  try {
    for (const [path, text] of Object.entries(files)) {
      const file = join(sysfs, "class/infiniband", path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    const interfaces = {
      eth1: [address("10.1.0.5/24"), address("fe80::1/64", 3), address("fd00::5/64", 0)],
      ib0: [address("10.2.0.5/16")],
      eth0: [address("192.168.0.5/24")],
    };
    assert.deepEqual(await readRdmaPorts(sysfs, interfaces), [
      { device: "mlx4_0", port: 2, isActive: false, addresses: ["10.2.0.5/16"] },
      { device: "rxe0", port: 1, isActive: true, addresses: ["10.1.0.5/24", "fd00::5/64"] },
    ]);
  } finally {
    await rm(sysfs, { recursive: true });
  }
});

test("readRdmaPorts() finds nothing where the kernel has no RDMA", async () => {
  assert.deepEqual(await readRdmaPorts("/nowhere", {}), []);
});
