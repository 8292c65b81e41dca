import assert from "node:assert/strict";
import { test } from "node:test";
import type { Baseline, VmCpu } from "../../api/schema/cpu.ts";
import { renderBaseline, renderVmCpu } from "./cpu.ts";

const cpu: VmCpu = {
  ...{ vm: "web01", host: "host-a", model: "max", explanation: "all of it", accelerator: "kvm" },
  features: ["avx2", "sse"],
  hosts: [
    { host: "host-b", possible: false, reasons: ['"host-b" lacks avx2'] },
    { host: "host-c", possible: null, reasons: ["no answer"] },
    { host: "host-d", possible: true, reasons: [] },
  ],
};

test("a VM's processor is shown with what it sees and where it can go, and why not elsewhere", () => {
  const text = renderVmCpu(cpu);
  assert.match(text, /the guest sees +2 features: avx2 sse/);
  assert.match(text, /host-b +no +"host-b" lacks avx2/);
  assert.match(text, /host-c +unknown +no answer/);
  assert.match(text, /host-d +yes/);
});

const baseline: Baseline = {
  hosts: ["host-a", "host-b"],
  model: "Nehalem",
  level: "x86-64-v2",
  features: ["sse"],
  common: ["aes", "sse"],
  beyond: [{ model: "x86-64-v3", lacking: [{ host: "host-b", missing: ["avx2"] }] }],
  apart: [{ host: "host-b", reason: "its guests run under tcg" }],
};

test("a baseline offers the command that uses it, and says who lacks what for more", () => {
  const text = renderBaseline(baseline);
  assert.match(text, /ferry vm create NAME --cpu-model Nehalem/);
  assert.match(text, /x86-64-v3 is not possible on host-b: it lacks avx2/);
  assert.match(text, /No live move between host-b and the first: its guests run under tcg/);
  assert.match(renderBaseline({ ...baseline, model: null }), /No model can be had on all of them/);
});
