/** Whether a VM's guest stands still because it changes hosts right now: its screen shows the last picture then. */
import type { Vm } from "../../../src/api/schema/vm.ts";
import type { StageName } from "../../../src/migration/plan.ts";
import { useMigrations } from "../migrations/migration-data.ts";

const stagesOfBlackout: readonly StageName[] = ["modified-pages", "storage-handover"];

export function useChangesHosts(vm: Vm): boolean {
  const moves = useMigrations();
  if (vm.migration === null) return false;
  const move = moves.find(({ id }) => id === vm.migration);
  return stagesOfBlackout.some((stage) => stage === move?.stage);
}
