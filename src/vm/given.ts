/** A VM that the host's cluster gave to this host, to be started from its disks. */
import { wallClockMs } from "../base/clock.ts";
import type { VmDefinition } from "./definition.ts";
import { destroyCopy, refuseOwnDevices } from "./incoming.ts";
import { parseDefinition } from "./parse-definition.ts";
import type { VmTable } from "./vm-table.ts";

/** What it needs is looked for when it is started. A copy that an older generation left goes first. @throws FerryError `already-exists`. */
export async function takeGiven(
  table: VmTable,
  document: VmDefinition,
  generation: number,
): Promise<void> {
  const definition = parseDefinition(document);
  refuseOwnDevices(definition, table.parts.sharedDisks?.() ?? []);
  const left = table.find(definition.id);
  if (left !== undefined) await destroyCopy(table, left);
  table.add({
    definition,
    ownership: "owner",
    generation,
    migration: null,
    process: null,
    createdAt: Math.floor(wallClockMs()),
  });
}
