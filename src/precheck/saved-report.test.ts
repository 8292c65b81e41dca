import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "./check.ts";
import { changesBetween } from "./report-changes.ts";
import { type KeptReport, requireStillTrue } from "./saved-report.ts";

function finding(check: string, severity: Finding["severity"], message = check): Finding {
  return {
    check,
    severity,
    host: "host-b",
    message,
    remedy: severity === "passed" ? null : "mend",
  };
}

function report(findings: readonly Finding[], more: Partial<KeptReport> = {}): KeptReport {
  const vm = { id: "1", name: "web01" };
  return { vm, source: "host-a", target: "host-b", possible: true, findings, disks: [], ...more };
}

test("what was mended and what has come up is told, numbers that moved are not", () => {
  const before = [
    finding("virtual-switch", "blocking"),
    finding("load", "warning", '"host-b" has 5.1 runnable tasks'),
    finding("memory", "passed"),
  ];
  const after = [
    finding("virtual-switch", "passed"),
    finding("load", "warning", '"host-b" has 7.4 runnable tasks'),
    finding("memory", "blocking", "too little"),
  ];
  assert.deepEqual(
    changesBetween(before, after).map(({ kind, check }) => `${kind} ${check}`),
    ["mended virtual-switch", "new memory"],
  );
  assert.deepEqual(changesBetween(after, after), []);
});

test("a kept report stands for the move that it is about, while nothing has come up", () => {
  const kept = report([finding("clocks", "warning")]);
  requireStillTrue(kept, kept);
  requireStillTrue(kept, report([finding("load", "warning")]));
  assert.throws(() => requireStillTrue(kept, report([finding("microcode", "warning")])), {
    code: "stale",
    message: /no longer holds: microcode/,
  });
  assert.throws(() => requireStillTrue(kept, report([], { target: "host-c" })), {
    code: "bad-input",
    message: /from "host-a" to "host-b", this one goes from "host-a" to "host-c"/,
  });
  const disk = { name: "root", pool: "a", targetPool: "b", virtualBytes: 1, allocatedBytes: 1 };
  assert.throws(() => requireStillTrue(kept, report([], { disks: [disk] })), {
    code: "stale",
    message: /it would copy root to pool b, not none/,
  });
});
