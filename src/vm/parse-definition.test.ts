import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, FerryError } from "../base/errors.ts";
import { completeDraft, macAddress, worldWideNames } from "./complete-draft.ts";
import type { VmDraft } from "./draft.ts";
import {
  asFarAsKnown,
  formatDefinition,
  parseDefinition,
  parseDefinitionText,
} from "./parse-definition.ts";

const draft: VmDraft = {
  name: "web01",
  cpus: 2,
  memoryMib: 512,
  disks: [{ pool: "p" }, { pool: "p", file: "data.raw", bus: "scsi" }],
  iso: { pool: "p", file: "debian.iso" },
  nics: [{ switch: "lan" }, { switch: "lan", vlan: 7 }],
};
let macs = 0;
const defaults = {
  id: "11111111-2222-3333-4444-555555555555",
  machineType: "pc-q35-7.2",
  mac: () => macAddress(Uint8Array.of(0, 0, macs++)),
  wwns: () => worldWideNames(Uint8Array.of(0, 0, 0, 0, 0, macs++)),
};

const isError = (code: ErrorCode) => (error: unknown) =>
  error instanceof FerryError && error.code === code && error.remedy !== undefined;

test("a draft becomes a whole definition, and the definition survives being written and read", () => {
  const definition = completeDraft(draft, defaults);
  assert.deepEqual(
    definition.disks.map(({ name, file, format }) => [name, file, format]),
    [
      ["disk0", "web01-disk0.qcow2", "qcow2"],
      ["disk1", "data.raw", "raw"],
    ],
  );
  assert.deepEqual(
    definition.nics.map(({ mac, vlan }) => [mac, vlan]),
    [
      ["52:54:00:00:00:00", null],
      ["52:54:00:00:00:01", 7],
    ],
  );
  assert.equal(definition.cpu.model, "x86-64-v2");
  assert.deepEqual(parseDefinitionText(formatDefinition(definition)), definition);
  assert.deepEqual(parseDefinitionText(JSON.stringify(definition)), definition);
});

test("a document of a later Ferry is refused as such, whatever else it holds", () => {
  assert.throws(() => parseDefinition({ version: 2, novelty: true }), isError("unsupported"));
});

test("what does not fit together is refused with its place", () => {
  const good = completeDraft(draft, defaults);
  const [disk] = good.disks;
  const [nic] = good.nics;
  assert.ok(disk !== undefined && nic !== undefined);
  const cases: readonly [object | null, RegExp][] = [
    [null, /\//],
    [{ ...good, version: 0 }, /\/version/],
    [{ ...good, name: "a/b" }, /\/name/],
    [{ ...good, name: ".." }, /\/name/],
    [{ ...good, memory: { mib: 0 } }, /\/memory\/mib/],
    [{ ...good, surprise: 1 }, /\/surprise: there is no such property/],
    [{ ...good, disks: [disk, { ...disk, file: "other" }] }, /device name "disk0" appears twice/],
    [{ ...good, disks: [disk, { ...disk, name: "x" }] }, /file .* appears twice/],
    [{ ...good, nics: [nic, { ...nic, name: "x" }] }, /MAC address .* appears twice/],
    [{ ...good, nics: [{ ...nic, mac: "01:00:5e:00:00:01" }] }, /\/nics\/0\/mac/],
    [{ ...good, nics: [{ ...nic, name: "disk0" }] }, /appears twice/],
    [{ ...good, bootOrder: ["nowhere"] }, /no device is called "nowhere"/],
    [{ ...good, bootOrder: ["cd0", "cd0"] }, /appears twice/],
    [{ ...good, cpu: { ...good.cpu, sockets: 64, cores: 64 } }, /512/],
    [{ ...good, kernelBoot: { kernel: { pool: "p", file: "k" }, commandLine: "a\nb" } }, /control/],
  ];
  for (const [document, problem] of cases) {
    assert.throws(() => parseDefinition(document), problem);
    assert.throws(() => parseDefinition(document), isError("bad-input"));
  }
});

test("text that is no document, or is made to be expanded, is refused", () => {
  const bomb = "a: &a [x]\nb: [*a, *a]\n";
  for (const text of ["{", "just words", "", bomb, "x".repeat(300_000)]) {
    assert.throws(() => parseDefinitionText(text), isError("bad-input"), text.slice(0, 20));
  }
});

test("LUNs are named like disks, each once, and those of Fibre Channel by an adapter that is there", () => {
  const source = { kind: "iscsi", portal: "10.0.0.5:3260", target: "iqn.x", lun: 1 } as const;
  const lun = { name: "data", bus: "virtio", readOnly: false, source } as const;
  const base = completeDraft({ name: "web01" }, defaults);
  const parsed = parseDefinition({ ...base, luns: [lun], bootOrder: ["data"] });
  assert.deepEqual(parsed.luns, [lun]);
  assert.equal("luns" in parseDefinition(base), false);
  const fibre = { kind: "fibre-channel", adapter: "fc0", target: "500507680140a1b2", lun: 1 };
  const wrong: object[] = [
    { luns: [lun, { ...lun, name: "again" }] },
    { luns: [lun, { ...lun, source: { ...source, lun: 2 } }] },
    { luns: [{ ...lun, source: fibre }] },
    { luns: [{ ...lun, source: { ...source, portal: "10.0.0.5" } }] },
    { luns: [{ ...lun, source: { ...source, target: "iqn.x,lun=2" } }] },
    { luns: [{ ...lun, source: { kind: "physical", device: "/dev/sda" } }] },
    { luns: [{ ...lun, source: { kind: "physical", device: "/dev/disk/by-id/../sda" } }] },
    { luns: Array.from({ length: 25 }, (_, number) => ({ ...lun, name: `l${number}` })) },
    { bootOrder: ["data"] },
  ];
  for (const change of wrong) {
    assert.throws(
      () => parseDefinition({ ...base, ...change }),
      FerryError,
      JSON.stringify(change),
    );
  }
});

test("of a document from the future what is known of it is read, to be asked about", () => {
  const definition = completeDraft(draft, defaults);
  assert.equal(asFarAsKnown(definition), definition);
  const future = { ...definition, version: 2, warpDrive: { kind: "alcubierre" } };
  assert.deepEqual(asFarAsKnown(future), definition);
  const { id, name } = definition;
  assert.throws(() => asFarAsKnown({ version: 2, id, name }), isError("unsupported"));
});
