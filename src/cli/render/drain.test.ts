import assert from "node:assert/strict";
import { test } from "node:test";
import type { DrainStatus } from "../../api/schema/drain.ts";
import { renderDrain, renderPlan, renderReturns } from "./drain.ts";

const gib = 1024 ** 3;
const vm = (name: string) => ({ id: name, name });

test("renderPlan() says what leaves, how long it takes, and what stays and why", () => {
  const move = {
    vm: vm("web01"),
    target: "host-b",
    memoryBytes: 2 * gib,
    diskBytes: 0,
    warnings: 1,
  };
  const stays = [{ vm: vm("db01"), reason: "it is stopped" }];
  assert.equal(
    renderPlan({ moves: [move], stays, expectedMs: 90_000 }),
    [
      "1 VM would leave, 2 GiB of memory, about 1 min 30 s as moves went before",
      "",
      "VM     TO      MEMORY  DISKS  WARNINGS",
      "web01  host-b   2 GiB      -         1",
      "",
      "STAYS  BECAUSE",
      "db01   it is stopped",
    ].join("\n"),
  );
});

const status: DrainStatus = {
  ...{ drained: true, since: 0, requestedBy: "test", over: false, stays: [] },
  moves: [
    {
      ...{ vm: vm("web01"), target: "host-b", migration: "1", state: "completed", percent: 100 },
      ...{ waitingFor: null, blackoutMs: 30, error: null },
    },
    {
      ...{ vm: vm("web02"), target: "host-b", migration: "2", state: "queued", percent: null },
      ...{
        waitingFor: "waits for a free slot on host-b, 2 of 2 in use, next",
        blackoutMs: null,
        error: null,
      },
    },
  ],
};

test("renderDrain() says how far a drain is and what each move waits for", () => {
  assert.equal(
    renderDrain("host-a", status),
    [
      "host-a is drained: 1 of 2 VMs left, moves go on",
      "",
      "VM     TO      STATE      BLACKOUT  NOTE",
      "web01  host-b  completed     30 ms  -",
      "web02  host-b  queued            -  waits for a free slot on host-b, 2 of 2 in use, next",
    ].join("\n"),
  );
  const open = { ...status, drained: false, moves: [] };
  assert.equal(renderDrain("host-a", open), "host-a is not drained: it takes and starts VMs");
});

test("renderReturns() names what comes back and what does not", () => {
  const returns = [
    { vm: vm("web01"), from: "host-b", migration: "3", reason: null },
    { vm: vm("web02"), from: "host-c", migration: null, reason: "it is gone" },
  ];
  assert.equal(
    renderReturns("host-a", { returns }),
    "host-a takes and starts VMs again\nweb01 comes back from host-b\nweb02 stays on host-c: it is gone",
  );
});
