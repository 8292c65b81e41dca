import assert from "node:assert/strict";
import { test } from "node:test";
import { FerryError } from "../base/errors.ts";
import { completeDraft } from "./complete-draft.ts";
import { allowedRequests, requireAllowed, vmRequests } from "./lifecycle.ts";
import { type VmRecord, vmStates } from "./vm-host.ts";
import { runStateAfter, vmState } from "./vm-state.ts";

const record: VmRecord = {
  definition: completeDraft(
    { name: "web01" },
    {
      id: "11111111-2222-3333-4444-555555555555",
      machineType: "pc-q35-7.2",
      mac: () => "",
      wwns: () => ({ wwnn: "", wwpn: "" }),
    },
  ),
  ownership: "owner",
  generation: 1,
  state: "stopped",
  migration: null,
  createdAt: 0,
  storageMove: null,
};

test("every request in every state is either allowed or refused with a reason and a remedy", () => {
  for (const state of vmStates) {
    for (const request of vmRequests) {
      const ask = () => requireAllowed({ ...record, state }, request);
      if (allowedRequests[state].includes(request)) assert.doesNotThrow(ask);
      else {
        assert.throws(ask, (error) => error instanceof FerryError && error.code === "conflict");
      }
    }
  }
});

test("a VM that a migration holds refuses everything", () => {
  for (const state of vmStates) {
    for (const request of vmRequests) {
      assert.throws(
        () => requireAllowed({ ...record, state, migration: "m1" }, request),
        (error) => error instanceof FerryError && error.code === "busy",
      );
    }
  }
});

test("nothing may be asked of a VM that is not this host's", () => {
  assert.deepEqual([allowedRequests.incoming, allowedRequests["handed-over"]], [[], []]);
});

test("the state follows ownership first, then the process", () => {
  const facts = {
    ownership: "owner",
    isStarting: false,
    runState: null,
    expectsProcess: false,
  } as const;
  assert.equal(vmState(facts), "stopped");
  assert.equal(vmState({ ...facts, expectsProcess: true }), "crashed");
  assert.equal(vmState({ ...facts, isStarting: true, runState: "running" }), "starting");
  assert.equal(vmState({ ...facts, runState: "running" }), "running");
  assert.equal(vmState({ ...facts, runState: "postmigrate" }), "paused");
  assert.equal(vmState({ ...facts, ownership: "incoming", runState: "inmigrate" }), "incoming");
  assert.equal(vmState({ ...facts, ownership: "handed-over", runState: "running" }), "handed-over");
});

test("a guest that shut down stays so, although QEMU then says that it stopped", () => {
  const down = runStateAfter("running", "SHUTDOWN", "guest-shutdown");
  assert.equal(down, "shutdown");
  assert.equal(runStateAfter(down, "STOP", undefined), "shutdown");
  assert.equal(runStateAfter("running", "STOP", undefined), "paused");
  assert.equal(runStateAfter("paused", "RESUME", undefined), "running");
  assert.equal(runStateAfter("running", "SHUTDOWN", "host-qmp-quit"), "running");
  assert.equal(runStateAfter("running", "RTC_CHANGE", undefined), "running");
});
