import assert from "node:assert/strict";
import { test } from "node:test";
import { newerTypes } from "./machine-types.ts";

const old = ["q35", "pc-q35-7.1", "pc-q35-7.2", "pc-i440fx-7.2"];
const hosts = new Map([
  ["host-a", [...old, "pc-q35-9.2", "pc-q35-10.0", "pc-i440fx-10.0"]],
  ["host-b", [...old, "pc-q35-9.2"]],
]);

test("newer types of the same kind are offered, the newest first, with the hosts that lack them", () => {
  assert.deepEqual(newerTypes("pc-q35-7.2", "host-a", hosts), [
    { type: "pc-q35-10.0", missingOn: ["host-b"] },
    { type: "pc-q35-9.2", missingOn: [] },
  ]);
});

test("what the VM's own host lacks is not offered", () => {
  assert.deepEqual(newerTypes("pc-q35-9.2", "host-b", hosts), []);
  assert.deepEqual(newerTypes("pc-q35-7.2", "host-c", hosts), []);
});
