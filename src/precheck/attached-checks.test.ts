import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { VmDefinition } from "../vm/definition.ts";
import type { AttachedFacts } from "./attached-facts.ts";
import { attachedChecks } from "./attached-checks.ts";
import type { CheckInput } from "./check.ts";
import { physicalDiskRefusal } from "./physical-disk-rule.ts";

type Lun = NonNullable<VmDefinition["luns"]>[number];
const iscsi: Lun = {
  ...{ name: "data", bus: "virtio", readOnly: false },
  source: { kind: "iscsi", portal: "10.0.0.5:3260", target: "iqn.2026-01.org.example:vms", lun: 1 },
};
const nothing: AttachedFacts = {
  ...{ luns: {}, lunUsers: {}, missingSecrets: [], fibreChannel: {}, folders: {}, blockers: [] },
  uefiBytes: null,
};

interface World {
  readonly definition?: Partial<VmDefinition>;
  readonly source?: Partial<AttachedFacts>;
  readonly target?: Partial<AttachedFacts> | undefined;
  readonly elsewhere?: CheckInput["elsewhere"];
}

/** Only what these checks look at is there. */
function found({ definition = {}, source = {}, elsewhere = [], ...world }: World): string[] {
  const target = "target" in world ? world.target : {};
  const input = {
    definition: {
      ...{ id: "one", name: "db01", disks: [], nics: [], machine: { firmware: "bios" } },
      ...definition,
    },
    options: {},
    source: { host: "host-a", pools: {}, storage: {}, attached: { ...nothing, ...source } },
    target: {
      ...{ host: "host-b", pools: {}, storage: {}, defaultDiskPool: null },
      ...(target === undefined ? {} : { attached: { ...nothing, ...target } }),
    },
    answers: {},
    elsewhere,
  } as unknown as CheckInput;
  return attachedChecks.flatMap(({ id, severity, look }) =>
    look(input).map(
      (trouble) => `${id} ${trouble.severity ?? severity} ${trouble.on}: ${trouble.message}`,
    ),
  );
}

test("a LUN that the target does not open stops a move; on the source, where the guest has it open, it warns", () => {
  const error = "Connection refused";
  const luns = { data: { bytes: null, error } };
  const definition = { luns: [iscsi] };
  assert.deepEqual(
    found({ definition, source: luns && { luns: { data: { bytes: 5, error: null } } } }),
    [],
  );
  assert.match(
    found({ definition, target: { luns } })[0] ?? "",
    /^lun-reached blocking target: .*Connection refused$/,
  );
  assert.match(found({ definition, source: { luns } })[0] ?? "", /^lun-reached warning source/);
});

test("LUNs of different sizes are different LUNs", () => {
  const of = (bytes: number): Partial<AttachedFacts> => ({
    luns: { data: { bytes, error: null } },
  });
  const definition = { luns: [iscsi] };
  assert.deepEqual(found({ definition, source: of(1 << 30), target: of(1 << 30) }), []);
  assert.deepEqual(found({ definition, source: of(1 << 30), target: of(2 ** 31) }), [
    'lun-same blocking target: LUN "data" (LUN 1 of iqn.2026-01.org.example:vms at 10.0.0.5:3260) has 1 GiB on "host-a" and 2 GiB on "host-b"',
  ]);
});

test("another VM with the LUN is found on the target and on any other host, but no reader beside a reader", () => {
  const definition = { luns: [iscsi] };
  const other = (readOnly: boolean): VmDefinition =>
    ({
      id: "two",
      name: "thief",
      luns: [{ ...iscsi, name: "x", readOnly }],
    }) as unknown as VmDefinition;
  const third = { host: "host-c", definition: other(false) };
  assert.match(
    found({ definition, elsewhere: [third] })[0] ?? "",
    /^lun-free blocking target: VM "thief" on "host-c"/,
  );
  assert.match(
    found({ definition, target: { lunUsers: { data: "thief" } } })[0] ?? "",
    /^lun-free/,
  );
  const readers = { luns: [{ ...iscsi, readOnly: true }] };
  const reader = { host: "host-c", definition: other(true) };
  assert.deepEqual(found({ definition: readers, elsewhere: [reader] }), []);
});

test("a target of an older Ferry, which tells nothing of all this, is not accused of anything", () => {
  const fibreChannel = [
    { name: "fc0", fabric: "100000051e0a0b0c", sets: [], active: 0 },
  ] as unknown as NonNullable<VmDefinition["fibreChannel"]>;
  const machine = { type: "pc-q35-7.2", firmware: "uefi" } as const;
  assert.deepEqual(
    found({ definition: { luns: [iscsi], fibreChannel, machine }, target: undefined }),
    [],
  );
});

test("a fabric that the target is not in, and storage that it does not see there, stop a move", () => {
  const fibreChannel = [
    { name: "fc0", fabric: "100000051e0a0b0c", sets: [], active: 0 },
  ] as unknown as NonNullable<VmDefinition["fibreChannel"]>;
  const seen = (usablePorts: number, unseen: string[]) =>
    found({
      definition: { fibreChannel },
      target: { fibreChannel: { fc0: { usablePorts, unseen } } },
    });
  assert.deepEqual(seen(1, []), []);
  assert.match(seen(0, [])[0] ?? "", /no port in fabric 100000051e0a0b0c/);
  assert.match(
    seen(2, ["500507680140a1b2"])[0] ?? "",
    /does not see storage port 500507680140a1b2/,
  );
});

test("what QEMU itself has against a move is passed on in its words; firmware of another size stops it", () => {
  assert.deepEqual(found({ source: { blockers: ["a folder is mounted"] } }), [
    'qemu-allows blocking source: QEMU on "host-a" says: a folder is mounted',
  ]);
  const machine = { type: "pc-q35-7.2", firmware: "uefi" } as const;
  const sizes = (here: number, there: number | null) =>
    found({ definition: { machine }, source: { uefiBytes: here }, target: { uefiBytes: there } });
  assert.deepEqual(sizes(100, 100), []);
  assert.match(sizes(100, null)[0] ?? "", /"host-b" has no UEFI firmware/);
  assert.match(sizes(100, 200)[0] ?? "", /has 200 bytes, that of "host-a" 100/);
});

test("physicalDiskRefusal() lets exactly one case pass: a resource of the cluster, its definition shared, nothing copied", () => {
  const cases = fc.record({
    inCluster: fc.boolean(),
    definitionShared: fc.boolean(),
    clusterResource: fc.boolean(),
    copiesStorage: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, (present) => {
      const { inCluster, definitionShared, clusterResource, copiesStorage } = present;
      const passes = inCluster && definitionShared && clusterResource && !copiesStorage;
      assert.equal(physicalDiskRefusal(present) === null, passes);
    }),
  );
  const outside = { definitionShared: true, clusterResource: true, copiesStorage: false };
  assert.match(
    physicalDiskRefusal({ ...outside, inCluster: false }) ?? "",
    /only inside a cluster/,
  );
});
