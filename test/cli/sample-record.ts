/** A migration's record for tests: all of it there, so that each test says only what matters to it. */
import type { MigrationRecord } from "../../src/migration/record.ts";

export const sampleMigrationId = "5b0e3c52-6c1f-4d0e-9a3a-0d6c0c5d8f11";

export function aRecord(changes: Partial<MigrationRecord> = {}): MigrationRecord {
  return {
    id: sampleMigrationId,
    vm: { id: "8f9f1c7e-35a8-4d7e-8d5f-6a2d2f0a9b10", name: "web01" },
    source: "host-a",
    target: "host-b",
    role: "source",
    requestedBy: "root",
    requestedAt: 1_795_000_000_000,
    startedAt: null,
    endedAt: null,
    state: "running",
    stage: null,
    cancellable: true,
    options: {},
    stages: [],
    rounds: [],
    progress: null,
    blackout: null,
    disks: [],
    files: [],
    guestBytes: 0,
    diskBytes: 0,
    wireBytes: 0,
    differingPages: null,
    waitingFor: null,
    error: null,
    ...changes,
  };
}
