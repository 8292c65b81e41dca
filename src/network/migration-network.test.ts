import assert from "node:assert/strict";
import { test } from "node:test";
import { networkFaults, requireAddresses, usableAddresses } from "./migration-network.ts";

const networks = [
  { subnet: "10.1.0.0/24", priority: 20 },
  { subnet: "fd00:1::/64", priority: 10 },
];

test("usableAddresses() keeps addresses of the networks, the best first", () => {
  const addresses = ["192.0.2.1", "10.1.0.7", "fd00:1::7", "10.1.1.7"];
  assert.deepEqual(usableAddresses(addresses, networks), ["fd00:1::7", "10.1.0.7"]);
});

test("usableAddresses() keeps all in their order when any network may be used", () => {
  assert.deepEqual(usableAddresses(["192.0.2.1", "fd00::1"], null), ["192.0.2.1", "fd00::1"]);
});

test("usableAddresses() keeps the given order among networks of equal priority", () => {
  const equal = networks.map((network) => ({ ...network, priority: 1 }));
  assert.deepEqual(usableAddresses(["10.1.0.7", "fd00:1::7"], equal), ["10.1.0.7", "fd00:1::7"]);
});

test("requireAddresses() names what the host has and what is wanted", () => {
  assert.throws(() => requireAddresses("host-b", ["192.0.2.1"], networks), {
    code: "unsupported",
    message:
      'Cannot find a migration network: "host-b" has 192.0.2.1, wanted is one in 10.1.0.0/24, fd00:1::/64',
  });
});

test("networkFaults() refuses what is no subnet, and one that stands there twice", () => {
  const faults = (...subnets: string[]) =>
    networkFaults(subnets.map((subnet) => ({ subnet, priority: 1 }))).length;
  assert.equal(faults("10.1.0.0/24", "fd00:1::/64", "0.0.0.0/0"), 0);
  for (const bad of ["10.1.0.0", "10.1.0.0/33", "10.1.0/24", "fd00::/129", "net/24", "/24", ""]) {
    assert.equal(faults(bad), 1, bad);
  }
  assert.equal(faults("10.1.0.0/24", "10.1.0.0/24"), 1);
});
