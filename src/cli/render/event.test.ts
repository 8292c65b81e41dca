import assert from "node:assert/strict";
import test from "node:test";
import { aRecord } from "../../../test/cli/sample-record.ts";
import { aVm } from "../../../test/cli/sample-vm.ts";
import type { FerryEvent } from "../../api/schema/event.ts";
import { renderEvent } from "./event.ts";

const at = new Date(2026, 10, 23, 12, 0, 0).getTime();
const line = (type: FerryEvent["type"], data: unknown) =>
  renderEvent({ id: 1, at, type, subject: "the-subject", data });

test("an event's line says what it is about, in the words for its kind", () => {
  assert.equal(
    line("vm.changed", aVm()),
    "2026-11-23 12:00:00  vm.changed  web01 running on host-a",
  );
  assert.equal(
    line("migration.changed", aRecord({ stage: "setup" })),
    "2026-11-23 12:00:00  migration.changed  web01 host-a -> host-b running in setup",
  );
  assert.match(line("token.created", { name: "ci", role: "viewer" }), / {2}name ci, role viewer$/);
});

test("an event without facts is known by its subject, and a long one is cut", () => {
  assert.match(line("vm.deleted", null), / {2}the-subject$/);
  assert.match(line("domain.created", { name: "x".repeat(500) }), /x\.\.\.$/);
});
