/** An event as a sentence. Pure. */
import type { FerryEvent } from "../../../src/api/schema/event.ts";
import type { Vm } from "../../../src/api/schema/vm.ts";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { vmStateText } from "../parts/vm-state.tsx";

/** `nameOf`: what the VM of that id is called, as far as it is known. */
export function describeEvent(
  { type, data, subject }: FerryEvent,
  nameOf: (vm: string) => string,
): string {
  const named = data as {
    readonly name?: string;
    readonly by?: string;
    readonly host?: string;
  } | null;
  const name = named?.name ?? subject;
  switch (type) {
    case "vm.created":
      return `VM ${name} is here now`;
    case "vm.changed":
      return `VM ${name}: ${vmStateText(data as Vm).toLowerCase()}`;
    case "vm.deleted":
      return `VM ${nameOf(subject)} is gone from this host`;
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
    case "host.shutting-down":
      return "The host is shut down; its VMs leave or end";
    case "host.resumed":
      return "The host is open for VMs again";
    case "cluster.created":
      return `Cluster ${name} is there`;
    case "cluster.joined":
      return `The host joined cluster ${name}`;
    case "cluster.left":
      return `The host left cluster ${name}`;
    case "cluster.host-dead":
      return `${name} was declared dead by ${named?.by ?? "its cluster"}`;
    case "cluster.vm-clustered":
      return `VM ${name} is highly available`;
    case "cluster.vm-standalone":
      return `VM ${name} is standalone`;
    case "cluster.vm-given":
      return `VM ${name} starts on ${named?.host ?? "another host"}: its own is dead`;
    case "cluster.vm-started":
      return `VM ${name} was started by its cluster`;
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
