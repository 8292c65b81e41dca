import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { test } from "node:test";
import { localAddressFor } from "./local-address.ts";

function own(address: string, bits: number): NetworkInterfaceInfo {
  const common = { address, cidr: `${address}/${bits}`, netmask: "", mac: "", internal: false };
  return address.includes(":")
    ? { ...common, family: "IPv6", scopeid: 0 }
    : { ...common, family: "IPv4" };
}
const interfaces = {
  eth0: [own("10.1.0.5", 24), own("fd00:1::5", 64)],
  eth1: [own("10.2.0.5", 24)],
};

test("a lane starts from the address in the network of the other host", () => {
  assert.equal(localAddressFor("10.1.0.9", interfaces), "10.1.0.5");
  assert.equal(localAddressFor("10.2.0.9", interfaces), "10.2.0.5");
  assert.equal(localAddressFor("fd00:1::9", interfaces), "fd00:1::5");
});

test("where no network is shared, or a name is given, the routes decide", () => {
  assert.equal(localAddressFor("10.3.0.9", interfaces), undefined);
  assert.equal(localAddressFor("fd00:2::9", interfaces), undefined);
  assert.equal(localAddressFor("host-b.example", interfaces), undefined);
  assert.equal(localAddressFor("127.0.0.1", {}), undefined);
});
