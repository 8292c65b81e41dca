/** Finds the host that answers for a VM or a migration which the asked host does not have. */
import type { Static, TSchema } from "typebox";
import { FerryError } from "../base/errors.ts";
import { MigrationRecord } from "../migration/record.ts";
import { askMembers, type DomainAnswers } from "./domain-questions.ts";
import type { PeerAddress } from "./peer-directory.ts";
import { Vm } from "./schema/vm.ts";
import type { Services } from "./services.ts";

/** `here` when this host answers, be it with the error that nobody has it. */
export type Location = "here" | PeerAddress;

/** The owner of a VM: during a move both hosts know it, and only one may act on it. */
export async function locateVm(services: Services, nameOrId: string): Promise<Location> {
  const local = services.vms.find(nameOrId);
  if (local?.ownership === "owner") return "here";
  const found = await askMembers(services, Vm, `/v1/vms/${encodeURIComponent(nameOrId)}`);
  const owners = found.answers.filter(({ answer }) => answer.ownership === "owner");
  const [first, ...more] = owners;
  if (first === undefined) {
    if (local === undefined) refuseUnknown("VM", nameOrId, found);
    return "here";
  }
  const namesakes = more.filter(({ answer }) => answer.id !== first.answer.id);
  if (namesakes.length > 0) {
    const hosts = [first, ...namesakes].map(({ peer }) => peer.name);
    throw new FerryError(
      "conflict",
      `Cannot tell which VM "${nameOrId}" is meant: hosts ${hosts.join(", ")} have one each`,
      { remedy: "Say which host with --host, or give the VM's id" },
    );
  }
  return newest(owners).peer;
}

/** The source of a migration: its record is the full one, and it alone can cancel. */
export async function locateMigration(services: Services, id: string): Promise<Location> {
  const local = services.migrations.find(id);
  if (local?.role === "source") return "here";
  const path = `/v1/migrations/${encodeURIComponent(id)}`;
  const found = await askMembers(services, MigrationRecord, path);
  const source = found.answers.find(({ answer }) => answer.role === "source");
  const any = source ?? (local === undefined ? found.answers[0] : undefined);
  if (any === undefined && local === undefined) refuseUnknown("migration", id, found);
  return any?.peer ?? "here";
}

/** Between the handover and the cleanup the source's answer may be older than the target's. */
function newest<Answer extends { generation: number }>(
  owners: readonly { peer: PeerAddress; answer: Answer }[],
): { peer: PeerAddress; answer: Answer } {
  return owners.reduce((one, other) =>
    other.answer.generation > one.answer.generation ? other : one,
  );
}

function refuseUnknown<T extends TSchema>(
  thing: string,
  name: string,
  { unreachable }: DomainAnswers<Static<T>>,
): void {
  // Without silent hosts the local answer says it all.
  if (unreachable.length === 0) return;
  const silent = unreachable.map(({ host }) => host).join(", ");
  throw new FerryError(
    "not-found",
    `Cannot find ${thing} "${name}": no host that answers has it, and ${silent} did not answer`,
    { remedy: `Bring ${silent} back, or check the name`, details: { unreachable } },
  );
}
