import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterStatus } from "../../api/schema/cluster.ts";
import { addressesOf } from "./cluster-update.ts";

const status = {
  hosts: ["host-a", "host-b"].map((name) => ({ name })),
} as unknown as ClusterStatus;
const roster = [
  { name: "host-a", address: "10.0.0.1" },
  { name: "host-b", address: "10.0.0.2" },
  { name: "host-x", address: "10.0.0.9" },
];
const run = "true";

test("all hosts of the cluster are updated, or those that are named in their order", () => {
  assert.deepEqual([...addressesOf({ run }, status, roster).keys()], ["host-a", "host-b"]);
  const named = addressesOf({ run, hosts: "host-b, host-a" }, status, roster);
  assert.deepEqual(
    [...named],
    [
      ["host-b", "10.0.0.2"],
      ["host-a", "10.0.0.1"],
    ],
  );
});

test("what can't be done is refused before any host is touched", () => {
  const refused = (hosts: string | undefined, reason: RegExp, command = run) =>
    assert.throws(
      () => addressesOf({ run: command, ...(hosts !== undefined && { hosts }) }, status, roster),
      reason,
    );
  refused("host-a,host-x", /host "host-x": the cluster has host-a, host-b/);
  refused("host-a,host-z", /host "host-z"/);
  refused("", /host ""/);
  refused("host-a,host-b,host-a", /host "host-a" is named twice/);
  refused(undefined, /the command is empty/, "  ");
});
