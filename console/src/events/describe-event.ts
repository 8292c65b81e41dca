/** An event as a sentence. Pure. */
import type { FerryEvent } from "../../../src/api/schema/event.ts";
import type { Vm } from "../../../src/api/schema/vm.ts";
import type { MigrationRecord } from "../../../src/migration/record.ts";

export function describeEvent({ type, data, subject }: FerryEvent): string {
  const named = data as { readonly name?: string; readonly role?: string } | null;
  const name = named?.name ?? subject;
  switch (type) {
    case "vm.created":
      return `VM ${name} is here now`;
    case "vm.changed":
      return `VM ${name}: ${(data as Vm).state}`;
    case "vm.deleted":
      return `A VM is gone from this host: ${subject}`;
    case "migration.changed":
      return describeMove(data as MigrationRecord);
    case "host.followed":
      return `${name} answers`;
    case "host.lost":
      return `${name} does not answer any more`;
    case "host.settings-changed":
      return "The host's settings were changed";
    case "host.drained":
      return "The host is closed for VMs; those it has leave";
    case "host.resumed":
      return "The host is open for VMs again";
    default: {
      const [thing = "", what = ""] = type.split(".");
      return `${thing} ${name} ${what.replaceAll("-", " ")}`;
    }
  }
}

function describeMove({ vm, source, target, state, stage }: MigrationRecord): string {
  const where = stage === null || state !== "running" ? "" : `, ${stage}`;
  return `Move of ${vm.name} from ${source} to ${target}: ${state}${where}`;
}
