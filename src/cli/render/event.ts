/** An event on one line: enough to know it by; everything is there with --json. Pure. */
import type { FerryEvent } from "../../api/schema/event.ts";
import type { Vm } from "../../api/schema/vm.ts";
import { formatTime } from "../../base/format.ts";
import type { MigrationRecord } from "../../migration/record.ts";
import { printableLine } from "../printable.ts";

const factsLengthMax = 160;

export function renderEvent(event: FerryEvent): string {
  const facts = describe(event);
  const text = facts.length > factsLengthMax ? `${facts.slice(0, factsLengthMax)}...` : facts;
  const where = event.host === undefined ? "" : `${event.host}  `;
  return printableLine(`${formatTime(event.at)}  ${where}${event.type}  ${text || event.subject}`);
}

function describe({ type, data }: FerryEvent): string {
  if (typeof data !== "object" || data === null) return "";
  if (type.startsWith("vm.")) {
    const { name, state, host } = data as Vm;
    return `${name} ${state} on ${host}`;
  }
  if (type.startsWith("migration.")) {
    const { vm, source, target, state, stage } = data as MigrationRecord;
    return `${vm.name} ${source} -> ${target} ${state}${stage === null ? "" : ` in ${stage}`}`;
  }
  return Object.entries(data)
    .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
