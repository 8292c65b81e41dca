/** How a move ended, as an error with the exit code for scripts; undefined when it completed or goes on. Pure. */
import { FerryError } from "../base/errors.ts";
import type { MigrationRecord } from "../migration/record.ts";

export function outcomeError(record: MigrationRecord): FerryError | undefined {
  const { vm, source, target, state, error } = record;
  const options = error?.remedy === undefined ? {} : { remedy: error.remedy };
  switch (state) {
    case "failed":
      return new FerryError(
        "migration-failed",
        error?.message ?? `Cannot move VM "${vm.name}" to "${target}"`,
        options,
      );
    case "cancelled":
      return new FerryError("cancelled", `Did not move VM "${vm.name}": the move was cancelled`);
    case "unresolved":
      return new FerryError(
        "migration-unresolved",
        error?.message ??
          `Cannot tell yet whether VM "${vm.name}" belongs to "${source}" or "${target}"`,
        {
          remedy: `Bring both hosts back; they decide it by themselves. Follow it with: ferry migration watch ${record.id}`,
          ...options,
        },
      );
    case "queued":
    case "running":
    case "cancelling":
    case "completed":
      return undefined;
  }
}
