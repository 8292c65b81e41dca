import assert from "node:assert/strict";
import { test } from "node:test";
import Value from "typebox/value";
import fc from "fast-check";
import { VmDefinition } from "../../../src/vm/definition.ts";
import {
  macOf,
  withDisk,
  withIscsiChanged,
  withIscsiLun,
  without,
  withMedium,
  withNic,
} from "./hardware-changes.ts";

const bare: VmDefinition = {
  ...{ version: 1, id: "00000000-0000-4000-8000-000000000001", name: "web01", description: "" },
  ...{ tags: [], machine: { type: "pc-q35-7.2", firmware: "bios" }, memory: { mib: 256 } },
  ...{ cpu: { sockets: 1, cores: 1, threads: 1, model: "x86-64-v2" }, disks: [], nics: [] },
  ...{ cdroms: [{ name: "cd0", medium: null }], bootOrder: ["cd0"], kernelBoot: null },
  ...{ display: { vnc: true }, serial: true },
};

const change = fc.constantFrom("disk", "raw", "lun", "secret", "nic", "medium");

function changed(definition: VmDefinition, kind: string): VmDefinition {
  switch (kind) {
    case "disk":
      return withDisk(definition, { pool: "fast", file: "a.qcow2" });
    case "raw":
      return withDisk(definition, { pool: "fast", file: "a.raw" });
    case "lun":
      return withLun(definition, "");
    case "secret":
      return withLun(definition, "nas");
    case "nic":
      return withNic(definition, "lan", "52:54:00:00:00:01");
    default:
      return withMedium(definition, "cd0", { pool: "fast", file: "debian.iso" });
  }
}

function withLun(definition: VmDefinition, secret: string): VmDefinition {
  const place = { portal: "10.0.0.5:3260", target: "iqn.2026-01.org.example:vms", lun: 1 };
  const more = withIscsiLun(definition);
  return withIscsiChanged(more, more.luns?.at(-1)?.name ?? "", { ...place, secret });
}

test("whatever is added, it is a definition, every name is another, and taken away it is as before", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), change, (before, last) => {
      const definition = before.reduce(changed, bare);
      const more = changed(definition, last);
      assert.ok(Value.Check(VmDefinition, more));
      const names = [...more.disks, ...more.nics, ...more.cdroms, ...(more.luns ?? [])].map(
        ({ name }) => name,
      );
      assert.equal(new Set(names).size, names.length);
      if (last === "medium") return;
      const old = new Set(
        [...definition.disks, ...definition.nics, ...(definition.luns ?? [])].map(
          ({ name }) => name,
        ),
      );
      const [added = ""] = names.filter((name) => !old.has(name) && name !== "cd0");
      assert.deepEqual(without(more, added), definition);
    }),
  );
});

test("a device that is taken away is not booted from any more", () => {
  const definition = {
    ...withDisk(bare, { pool: "fast", file: "a.raw" }),
    bootOrder: ["disk0", "cd0"],
  };
  assert.deepEqual(without(definition, "disk0").bootOrder, ["cd0"]);
});

test("an adapter's address is of a guest's kind", () => {
  assert.equal(macOf(new Uint8Array([0, 10, 255])), "52:54:00:00:0a:ff");
});
