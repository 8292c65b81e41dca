/** Keeps the cache true: what the agents tell changes it at once, and a new line has everything read again. */
import type { QueryClient } from "@tanstack/react-query";
import type { FerryEvent } from "../../../src/api/schema/event.ts";
import type { MigrationList } from "../../../src/api/schema/migration.ts";
import type { VmList } from "../../../src/api/schema/vm.ts";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { rememberEvent } from "./event-memory.ts";
import { recordProgress } from "./history.ts";
import { keys } from "./keys.ts";
import { migrationNews, newerRecord, vmNews, withMigrationNews, withVmNews } from "./news.ts";

/** Several hosts answer at nearly the same moment: one refresh serves them all. */
const gatherMs = 150;

export class LiveData {
  readonly #cache: QueryClient;
  /** What was told in this frame; one change of the cache shows it all. */
  readonly #migrations = new Map<string, MigrationRecord>();
  readonly #vms: FerryEvent[] = [];
  #frame: number | undefined;
  #refresh: ReturnType<typeof setTimeout> | undefined;

  constructor(cache: QueryClient) {
    this.#cache = cache;
  }

  /** Everything that was read may be old: pages read again what they show, the rest is read when it is shown. */
  refreshAll(): void {
    if (this.#refresh !== undefined) return;
    this.#refresh = setTimeout(() => {
      this.#refresh = undefined;
      void this.#cache.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] !== keys.session[0],
      });
    }, gatherMs);
  }

  take(event: FerryEvent): void {
    rememberEvent(event);
    const { type, host = "" } = event;
    switch (type) {
      case "vm.created":
      case "vm.changed":
      case "vm.deleted":
        vmNews.add(event);
        this.#vms.push(event);
        this.#showSoon();
        return;
      case "migration.changed":
      case "migration.progress":
        this.#takeMigration(event.data as MigrationRecord);
        return;
      case "host.followed":
        this.refreshAll();
        return;
      case "host.lost":
        this.#forget(keys.hosts, keys.vms);
        return;
      case "host.settings-changed":
        this.#cache.setQueryData(keys.settings(host), event.data);
        return;
      case "host.drained":
      case "host.resumed":
        this.#forget(keys.drain(host), keys.shutdown(host), keys.host(host));
        return;
      case "host.shutting-down":
        this.#forget(keys.shutdown(host), keys.drain(host));
        return;
      case "pool.created":
      case "pool.deleted":
        this.#forget(keys.pools(host));
        return;
      case "switch.created":
      case "switch.deleted":
        this.#forget(keys.switches(host));
        return;
      case "token.created":
      case "token.deleted":
        this.#forget(keys.tokens);
        return;
      default:
        if (type.startsWith("cluster.")) this.#forget(keys.clusters);
        this.#forget(keys.hosts, keys.domain, keys.trusts);
    }
  }

  #showVms(): void {
    const told = this.#vms.splice(0);
    if (told.length === 0) return;
    this.#cache.setQueryData<VmList>(keys.vms, (list) => {
      if (list === undefined) return list;
      return { ...list, vms: [...withVmNews(list.vms, told)] };
    });
  }

  #takeMigration(record: MigrationRecord): void {
    recordProgress(record);
    migrationNews.add(record);
    this.#migrations.set(record.id, newerRecord(this.#migrations.get(record.id), record));
    this.#showSoon();
  }

  #showSoon(): void {
    this.#frame ??= requestAnimationFrame(() => this.#show());
    // A page in the background gets no frames, and shall be right when it is looked at.
    if (document.hidden) this.#show();
  }

  #show(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    this.#showVms();
    this.#showMigrations();
  }

  #showMigrations(): void {
    if (this.#migrations.size === 0) return;
    const records = [...this.#migrations.values()];
    this.#migrations.clear();
    this.#cache.setQueryData<MigrationList>(keys.migrations, (list) => {
      if (list === undefined) return list;
      return { ...list, migrations: [...withMigrationNews(list.migrations, records)] };
    });
    for (const record of records) {
      this.#cache.setQueryData<MigrationRecord>(keys.migration(record.id), (present) =>
        newerRecord(present, record),
      );
      if (record.endedAt === null) continue;
      this.#forget(keys.vmMigrations(record.vm.id));
      this.#forget(keys.drain(record.source));
    }
  }

  #forget(...queryKeys: (readonly unknown[])[]): void {
    for (const queryKey of queryKeys) void this.#cache.invalidateQueries({ queryKey });
  }
}
