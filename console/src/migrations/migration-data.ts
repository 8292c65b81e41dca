/** The domain's moves as every page reads them: those under way and the latest of the past. */
import { useQuery } from "@tanstack/react-query";
import type { MigrationList } from "../../../src/api/schema/migration.ts";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { migrationNews, newerRecord, withMigrationNews } from "../live/news.ts";

const shownMax = 500;
const none: readonly MigrationRecord[] = [];

export const migrationListQuery = {
  queryKey: keys.migrations,
  queryFn: async ({ signal }: { signal: AbortSignal }): Promise<MigrationList> => {
    const { mark } = migrationNews;
    const query = { scope: "domain", limit: shownMax } as const;
    const list = await call("GET /v1/migrations", { query, signal });
    const migrations = withMigrationNews(list.migrations, migrationNews.since(mark));
    return { ...list, migrations: [...migrations] };
  },
};

export function useMigrationList() {
  return useQuery(migrationListQuery);
}

/** Newest first. */
export function useMigrations(): readonly MigrationRecord[] {
  return useMigrationList().data?.migrations ?? none;
}

export function useMigration(id: string) {
  return useQuery({
    queryKey: keys.migration(id),
    queryFn: async ({ signal }): Promise<MigrationRecord> => {
      const { mark } = migrationNews;
      const record = await call("GET /v1/migrations/{id}", { params: { id }, signal });
      const told = migrationNews.since(mark).filter((one) => one.id === id);
      return told.reduce(newerRecord, record);
    },
  });
}

/** The moves of one VM, newest first. */
export function useVmMigrations(vm: string) {
  return useQuery({
    queryKey: keys.vmMigrations(vm),
    queryFn: ({ signal }) =>
      call("GET /v1/migrations", { query: { scope: "domain", vm, limit: shownMax }, signal }),
  });
}
