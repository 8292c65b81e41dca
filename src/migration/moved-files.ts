/**
 * The files of disks that move with their VM: made on the target, removed from the source. Which they are stands in the
 * journal, so that a restarted agent removes the same files and never others.
 */
import { wallClockMs } from "../base/clock.ts";
import { invariant } from "../base/invariant.ts";
import { partialFileName } from "../storage/partial-name.ts";
import { type KeepableDisk, keepPartialDisks } from "../vm/keep-partial.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { PoolFile } from "../vm/definition.ts";
import type { Journal } from "./journal.ts";
import { filesOfDisks } from "./placed-definition.ts";
import type { TargetMove } from "./stage.ts";
import { writeDown } from "./write-down.ts";

interface MovedFiles {
  readonly id: string;
  /** The VM's id. */
  readonly vm: string;
  readonly journal: Journal;
  readonly vms: LocalVms;
}

/** Target: makes disks and files, empty; they are in the journal before the first of them exists. */
export async function makeFiles(move: TargetMove): Promise<void> {
  const { definition, wantedDisks: disks, wantedFiles } = move;
  if (disks.length === 0 && wantedFiles.length === 0) return;
  await move.vms.makeStorage({ definition, disks, files: wantedFiles }, () => {
    const keep = move.keepsPartial ? keepableDisks(move) : [];
    return writeDown(move, "target", {
      ...{ kind: "making", files: madeFiles(move) },
      ...(keep.length > 0 && { keep }),
    });
  });
}

/** Target: what `makeFiles` makes. */
export function madeFiles({ definition, disks, wantedFiles }: TargetMove): PoolFile[] {
  const files = wantedFiles.map(({ pool, file }) => ({ pool, file }));
  return [...filesOfDisks(definition, disks), ...files];
}

/** Target: the disks that a later attempt may continue from. */
function keepableDisks({ id, definition, disks, peer }: TargetMove): KeepableDisk[] {
  const { id: vm, name: vmName } = definition;
  return definition.disks
    .filter(({ name }) => disks.includes(name))
    .map(({ name: disk, pool, file }) => ({
      ...{ migration: id, vm, vmName, source: peer, disk, pool },
      ...{ file: partialFileName(file, id), madeFile: file },
    }));
}

/** Target: removes what `makeFiles` made, but for what is to be kept. The skeleton must be gone. May be repeated. */
export async function removeMadeFiles({ id, vm, journal, vms }: MovedFiles): Promise<void> {
  const making = journal.of(id).flatMap(({ record }) => (record.kind === "making" ? [record] : []));
  const files = making.flatMap((record) => record.files);
  if (files.length === 0) return;
  invariant(vms.find(vm) === undefined, `VM ${vm} is not here when its files are removed`);
  const keep = making.flatMap((record) => record.keep ?? []);
  await keepPartialDisks(vms.pools, keep, Math.floor(wallClockMs()));
  // Under their own names they are gone then.
  await vms.removeDisks(files);
}

/** Source: removes the disks that the target has now, or puts them aside. The VM must be gone. May be repeated. */
export async function removeLeftDisks(moved: MovedFiles & { peer: string }): Promise<void> {
  const { id, vm, journal, vms, peer } = moved;
  const entries = journal.of(id);
  const begun = entries[0]?.record;
  if (begun?.kind !== "begun" || begun.leaves === undefined) return;
  const taken = entries.find(({ record }) => record.kind === "taken");
  invariant(taken !== undefined, `the target confirmed that it has VM ${vm}`);
  invariant(vms.find(vm) === undefined, `VM ${vm} is not here when its disks are removed`);
  const { files, keep } = begun.leaves;
  if (keep) await vms.setDisksAside(files, `moved-to-${peer}-${timeOf(taken.at)}`);
  else await vms.removeDisks(files);
}

/** Source, disowned: removes the disks that moved with the VM, which the target has. The VM must be gone. May be repeated. */
export async function removeGivenFiles({ id, vm, journal, vms }: MovedFiles): Promise<void> {
  const begun = journal.of(id)[0]?.record;
  if (begun?.kind !== "begun" || begun.leaves === undefined || begun.leaves.keep) return;
  if (vms.find(vm) === undefined) await vms.removeDisks(begun.leaves.files);
}

/** `20261123-044512`: to the second, so that a VM that comes and goes does not overwrite what it left before. */
function timeOf(at: number): string {
  return new Date(at).toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
}
