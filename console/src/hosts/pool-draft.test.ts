import assert from "node:assert/strict";
import { test } from "node:test";
import Value from "typebox/value";
import { PoolCreate } from "../../../src/api/schema/pool.ts";
import { emptyPool, isComplete, poolOf } from "./pool-draft.ts";

test("every kind of pool becomes what the API takes, and nothing of another kind goes along", () => {
  const typed = { ...emptyPool, name: "vms", path: "/srv/vms", export: "nas:/vms", user: "ada" };
  const form = { ...typed, share: "\\\\nas\\vms", password: "secret", channels: 4, encrypt: true };
  const smb = { share: "//nas/vms", user: "ada", encrypt: true, channels: 4 };
  const wanted = {
    directory: { name: "vms", path: "/srv/vms" },
    nfs: { name: "vms", nfs: { export: "nas:/vms" } },
    smb: { name: "vms", smb, password: "secret" },
  };
  for (const kind of ["directory", "nfs", "smb"] as const) {
    const body = poolOf({ ...form, kind });
    assert.deepEqual(body, wanted[kind]);
    assert.ok(Value.Check(PoolCreate, body), kind);
  }
});

test("a pool without a name or a place is not asked for", () => {
  assert.ok(!isComplete({ ...emptyPool, name: "vms" }));
  assert.ok(!isComplete({ ...emptyPool, path: "/srv/vms" }));
  assert.ok(!isComplete({ ...emptyPool, kind: "smb", name: "vms", path: "/srv/vms" }));
  assert.ok(isComplete({ ...emptyPool, kind: "smb", name: "vms", share: "//nas/vms" }));
});
