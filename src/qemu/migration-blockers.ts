/** Why a QEMU would refuse to be moved now: its devices register such reasons while they hold. */
import type { Qmp } from "./qmp.ts";

/** `query-migrate` has them from 6.0 on, only while there are any. */
export async function queryBlockers(qmp: Qmp): Promise<string[]> {
  const answer = await qmp.execute<{ "blocked-reasons"?: string[] }>("query-migrate");
  return answer["blocked-reasons"] ?? [];
}
