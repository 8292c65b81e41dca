/** Why a QEMU did not start, where its user may not open a file of its VM: QEMU names a file and no remedy, or neither. */
import { FerryError } from "../base/errors.ts";
import type { MachineResources } from "../qemu/command-line.ts";
import type { QemuUser } from "../qemu/user.ts";
import { mayOpen, type WantedAccess } from "../qemu/user-access.ts";
import type { VmDefinition } from "./definition.ts";

/** Asked only once a start has failed, so that those that succeed wait for no answer. */
export async function refusedFiles(
  definition: VmDefinition,
  facts: MachineResources,
  user: QemuUser,
  cause: unknown,
): Promise<FerryError | undefined> {
  if (!(cause instanceof FerryError) || cause.code !== "qemu-failed") return undefined;
  const wanted = filesOpened(definition, facts);
  if (wanted.length === 0 || (await mayOpen(user, wanted)) !== false) return undefined;
  const allowed = await Promise.all(wanted.map((file) => mayOpen(user, [file])));
  const refused = wanted.filter((_, index) => allowed[index] === false);
  if (refused.length === 0) return undefined;
  const list = refused.map(({ path, writes }) => `"${path}" (${writes ? "write" : "read"})`);
  return new FerryError(
    "system-refused",
    `Cannot start VM "${definition.name}": QEMU's user ${user.uid}:${user.gid} may not open ${list.join(", ")}`,
    {
      remedy: `Give it the right on the file and the way to it: chown ${user.uid}:${user.gid} ${refused[0]?.path}`,
      cause,
    },
  );
}

function filesOpened(definition: VmDefinition, facts: MachineResources): WantedAccess[] {
  const disks = facts.disks.map(({ path }, index) => ({
    path,
    writes: definition.disks[index]?.readOnly !== true,
  }));
  const read = [
    ...facts.disks.flatMap(({ backing }) => backing),
    ...facts.cdroms,
    facts.kernel?.kernel ?? null,
    facts.kernel?.initrd ?? null,
  ].filter((path) => path !== null);
  return [...disks, ...read.map((path) => ({ path, writes: false }))];
}
