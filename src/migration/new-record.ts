/** The record a migration begins with. Pure. */
import type {
  DiskPlacement,
  DiskRecord,
  FilePlacement,
  MigrationOptions,
  MigrationRecord,
} from "./record.ts";

export interface NewMigration {
  readonly id: string;
  readonly vm: { readonly id: string; readonly name: string };
  readonly role: MigrationRecord["role"];
  readonly source: string;
  readonly target: string;
  readonly requestedBy: string;
  readonly options: MigrationOptions;
  /** Default: none. */
  readonly disks?: readonly DiskPlacement[];
  /** Default: none. */
  readonly files?: readonly FilePlacement[];
}

/** A disk before anything of it is copied. */
export function waitingDisk(placement: DiskPlacement): DiskRecord {
  return {
    ...placement,
    state: "waiting",
    copiedBytes: 0,
    totalBytes: placement.allocatedBytes,
    mirroredBytes: 0,
    rateBytesPerSecond: 0,
    remainingMs: null,
  };
}

export function newRecord(migration: NewMigration, requestedAt: number): MigrationRecord {
  const { id, vm, role, source, target, requestedBy, options } = migration;
  return {
    id,
    vm: { id: vm.id, name: vm.name },
    source,
    target,
    role,
    requestedBy,
    requestedAt,
    startedAt: null,
    endedAt: null,
    state: "queued",
    stage: null,
    cancellable: role === "source",
    waitingFor: null,
    options,
    stages: [],
    rounds: [],
    progress: null,
    blackout: null,
    disks: (migration.disks ?? []).map(waitingDisk),
    files: [...(migration.files ?? [])],
    guestBytes: 0,
    diskBytes: 0,
    wireBytes: 0,
    differingPages: null,
    error: null,
  };
}
