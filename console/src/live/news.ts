/**
 * What events told lately. An answer that was under way when an event came may be older than it: whoever reads a list notes
 * where the news stood before, and takes in afterwards what came meanwhile.
 */
import type { FerryEvent } from "../../../src/api/schema/event.ts";
import type { Vm } from "../../../src/api/schema/vm.ts";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { withMigration, withoutVm, withVm } from "./merge-records.ts";

/** More than come while one answer is under way. */
const keptMax = 5_000;

class News<Told> {
  #told: Told[] = [];
  #forgotten = 0;

  /** To be given to `since` later. */
  get mark(): number {
    return this.#forgotten + this.#told.length;
  }

  add(told: Told): void {
    this.#told.push(told);
    if (this.#told.length <= keptMax) return;
    const half = keptMax / 2;
    this.#told = this.#told.slice(half);
    this.#forgotten += half;
  }

  since(mark: number): readonly Told[] {
    return this.#told.slice(Math.max(0, mark - this.#forgotten));
  }
}

/** `vm.*` events. */
export const vmNews = new News<FerryEvent>();
export const migrationNews = new News<MigrationRecord>();

export function withVmNews(vms: readonly Vm[], events: readonly FerryEvent[]): readonly Vm[] {
  return events.reduce((rows, { subject, host, data }) => {
    const vm = data as Vm | null;
    return vm === null ? withoutVm(rows, subject, host ?? "") : withVm(rows, vm);
  }, vms);
}

export function withMigrationNews(
  records: readonly MigrationRecord[],
  told: readonly MigrationRecord[],
): readonly MigrationRecord[] {
  return told.reduce(withMigration, records);
}

/** The record of one move, by whichever half tells more: the source's. */
export function newerRecord(
  present: MigrationRecord | undefined,
  told: MigrationRecord,
): MigrationRecord {
  return present?.role === "source" && told.role === "target" ? present : told;
}
