import assert from "node:assert/strict";
import test from "node:test";
import { planLab } from "./topology.ts";

test("every device name fits the kernel's 15 characters and is its node's only one", () => {
  const plan = planLab("ferry", 26, 4);
  const devices = plan.wires.map(({ node, device }) => `${node}/${device}`);
  assert.equal(new Set(devices).size, devices.length);
  assert.equal(new Set(plan.wires.map(({ name }) => name)).size, plan.wires.length);
  for (const { name, device } of plan.wires) {
    assert.ok(name.length <= 15, name);
    assert.ok(device.length <= 15, device);
  }
});

test("addresses are apart, in one network each", () => {
  const plan = planLab("ferry", 26, 4);
  const addresses = plan.wires.map(({ address }) => address);
  assert.equal(new Set(addresses).size, addresses.length);
});

test("names that make a path or a socket too long are refused", () => {
  for (const name of ["", "../x", "A", "a".repeat(17), "a/b"]) {
    assert.throws(() => planLab(name, 2, 0), RangeError);
  }
  assert.throws(() => planLab("ferry", 27, 0), RangeError);
});
