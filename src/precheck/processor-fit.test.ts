import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { baselineOf, type BaselineHost } from "./baseline.ts";
import type { CheckInput } from "./check.ts";
import { processorChecks } from "./processor-checks.ts";
import { type GuestProcessor, obstacles, type ProcessorHost } from "./processor-fit.ts";

const guest: GuestProcessor = { vm: "web01", model: "x86-64-v3", features: ["avx2", "fma", "sse"] };

function host(name: string, more: Partial<ProcessorHost["cpu"]> = {}): ProcessorHost {
  return {
    host: name,
    accelerator: "kvm",
    acceleratorReason: null,
    qemu: { version: "7.2.22", machineTypes: [] },
    cpu: {
      vendor: "GenuineIntel",
      available: ["avx2", "fma", "sse", "aes"],
      models: ["x86-64-v3", "Nehalem"],
      ...more,
    },
  };
}

const texts = (found: readonly { message: string }[]) => found.map(({ message }) => message);

test("a guest's processor can be had where every feature of it is", () => {
  assert.deepEqual(obstacles(guest, host("host-a"), host("host-b")), []);
});

test("every feature that the target lacks is named, one by one", () => {
  const target = host("host-b", { available: ["sse"] });
  assert.deepEqual(texts(obstacles(guest, host("host-a"), target)), [
    '"host-b" lacks 2 processor features that the guest of VM "web01" has: avx2, fma',
  ]);
});

test("another manufacturer, no KVM and an unknown model stand against it together", () => {
  const target: ProcessorHost = {
    ...host("host-b", { vendor: "AuthenticAMD", models: ["Nehalem"] }),
    accelerator: "tcg",
    acceleratorReason: "the CPU has neither vmx nor svm",
  };
  assert.deepEqual(texts(obstacles(guest, host("host-a"), target)), [
    '"host-b" has no usable hardware virtualization (the CPU has neither vmx nor svm), the VM runs under KVM on "host-a"',
    '"host-b" has a processor of AuthenticAMD, "host-a" one of GenuineIntel',
    'QEMU 7.2.22 on "host-b" does not know CPU model "x86-64-v3" of VM "web01"',
  ]);
});

test("an older agent that tells no features stops no move for them", () => {
  const { available, models, ...cpu } = host("host-b").cpu;
  assert.ok(available && models);
  assert.deepEqual(obstacles(guest, host("host-a"), { ...host("host-b"), cpu }), []);
});

test("the features that are named are exactly those the guest has and the target has not", () => {
  const features = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f", "g"));
  fc.assert(
    fc.property(features, features, (has, available) => {
      const found = obstacles(
        { ...guest, features: has },
        host("host-a"),
        host("host-b", { available }),
      );
      const named = found.flatMap(({ message }) => message.split(": ")[1]?.split(", ") ?? []);
      assert.deepEqual(
        named,
        has.filter((feature) => !available.includes(feature)),
      );
    }),
  );
});

function found(id: string, source: object, target: object, model = "x86-64-v2"): string[] {
  const common = { accelerator: "kvm", acceleratorReason: null, cpu: { vendor: "GenuineIntel" } };
  const input = {
    definition: { name: "web01", cpu: { model } },
    source: { ...common, host: "host-a", ...source },
    target: { ...common, host: "host-b", ...target },
  } as unknown as CheckInput;
  return texts(processorChecks.find((check) => check.id === id)?.look(input) ?? []);
}

test("the same processor with other microcode is a warning, another processor's is not compared", () => {
  const cpu = (model: string, microcode: string) => ({
    cpu: { vendor: "GenuineIntel", model, microcode },
  });
  assert.deepEqual(found("microcode", cpu("Xeon", "0x1"), cpu("Xeon", "0x1")), []);
  assert.deepEqual(found("microcode", cpu("Xeon", "0x1"), cpu("Other", "0x2")), []);
  assert.deepEqual(found("microcode", cpu("Xeon", "0x1"), cpu("Xeon", "0x2")), [
    '"host-a" has microcode 0x1, "host-b" 0x2: the guest may rely on a mitigation that the other lacks',
  ]);
});

test("other rules for guests in guests matter only to a guest that may have some", () => {
  const source = { cpu: { vendor: "GenuineIntel", nested: true } };
  const target = { cpu: { vendor: "GenuineIntel", nested: false } };
  const withVmx = { ...source, guestFeatures: ["sse", "vmx"] };
  assert.deepEqual(
    found("nested-virtualization", { ...source, guestFeatures: ["sse"] }, target),
    [],
  );
  assert.deepEqual(found("nested-virtualization", withVmx, target), [
    '"host-a" lets guests run guests, "host-b" does not let them: guests inside of VM "web01" would stop',
  ]);
});

const models = (missing: Readonly<Record<string, readonly string[]>>): BaselineHost["models"] =>
  Object.entries(missing).map(([name, lacks]) => ({ name, missing: lacks }));

const places: readonly BaselineHost[] = [
  {
    ...{ host: "host-a", vendor: "GenuineIntel", accelerator: "kvm", available: ["a", "b", "c"] },
    models: models({ "x86-64-v2": [], "x86-64-v3": [], Haswell: [], Nehalem: [] }),
  },
  {
    ...{ host: "host-b", vendor: "GenuineIntel", accelerator: "kvm", available: ["a", "b"] },
    models: models({ "x86-64-v2": [], "x86-64-v3": ["c"], Haswell: ["c"], Nehalem: [] }),
  },
];
const has = new Map([
  ["x86-64-v2", ["a"]],
  ["x86-64-v3", ["a", "b", "c"]],
  ["Haswell", ["a", "b", "c"]],
  ["Nehalem", ["a", "b"]],
]);

test("the baseline is the model with the most features that every host gives", () => {
  const baseline = baselineOf(places, has);
  assert.equal(baseline.model, "Nehalem");
  assert.equal(baseline.level, "x86-64-v2");
  assert.deepEqual(baseline.common, ["a", "b"]);
  assert.deepEqual(baseline.beyond[0], {
    model: "x86-64-v3",
    lacking: [{ host: "host-b", missing: ["c"] }],
  });
});

test("hosts of two manufacturers have models in common, and no live move", () => {
  const [first, second] = places;
  assert.ok(first && second);
  assert.deepEqual(baselineOf([first, { ...second, vendor: "AuthenticAMD" }], has).apart, [
    { host: "host-b", reason: "its processor is of AuthenticAMD, that of host-a of GenuineIntel" },
  ]);
});
