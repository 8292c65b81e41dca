/** The domain's moves as every page reads them: those under way and the latest of the past. */
import { useQuery } from "@tanstack/react-query";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";

const shownMax = 500;
const none: readonly MigrationRecord[] = [];

export function useMigrationList() {
  return useQuery({
    queryKey: keys.migrations,
    queryFn: ({ signal }) =>
      call("GET /v1/migrations", { query: { scope: "domain", limit: shownMax }, signal }),
  });
}

/** Newest first. */
export function useMigrations(): readonly MigrationRecord[] {
  return useMigrationList().data?.migrations ?? none;
}

export function useMigration(id: string) {
  return useQuery({
    queryKey: keys.migration(id),
    queryFn: ({ signal }) => call("GET /v1/migrations/{id}", { params: { id }, signal }),
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
