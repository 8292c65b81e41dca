/**
 * THE list of stages. The engine runs it, the journal and the record name its entries, and the API's enumeration,
 * the command line's progress, metrics labels and documents derive from it. There is no second list.
 *
 * `precheck` is not here: it changes nothing and runs before a migration exists (src/precheck/).
 */
export interface StageDescription {
  readonly name: string;
  /** Hyper-V's number for the stage, or null where Hyper-V has none of its own. */
  readonly hyperVStage: 1 | 2 | 3 | 4 | 5 | 6 | null;
  /** Where the guest is while the stage runs. */
  readonly guest: "runs on source" | "paused" | "runs on target";
  readonly cancellable: boolean;
  /** False from the handover on: after it nothing resumes the source. */
  readonly reversible: boolean;
  readonly title: string;
}

export const plan = [
  {
    name: "setup",
    hyperVStage: 1,
    guest: "runs on source",
    cancellable: true,
    reversible: true,
    title: "Connect, agree a version, send the definition, reserve, start the skeleton",
  },
  {
    name: "storage-mirror",
    hyperVStage: null,
    guest: "runs on source",
    cancellable: true,
    reversible: true,
    title: "Copy the disks, then mirror writes to both",
  },
  {
    name: "memory-precopy",
    hyperVStage: 2,
    guest: "runs on source",
    cancellable: true,
    reversible: true,
    title: "Copy memory in rounds while modified pages are tracked",
  },
  {
    name: "modified-pages",
    hyperVStage: 3,
    guest: "paused",
    cancellable: false,
    reversible: true,
    title: "Send the last modified pages, CPU and device state",
  },
  {
    name: "storage-handover",
    hyperVStage: 4,
    guest: "paused",
    cancellable: false,
    reversible: true,
    title: "Release the disks on the source, take them on the target; ownership changes hands",
  },
  {
    name: "resume",
    hyperVStage: 5,
    guest: "runs on target",
    cancellable: false,
    reversible: false,
    title: "The target lets the guest run and confirms",
  },
  {
    name: "memory-postcopy",
    hyperVStage: null,
    guest: "runs on target",
    cancellable: false,
    reversible: false,
    title: "Only with post-copy: pages that the guest misses follow it, those it asks for first",
  },
  {
    name: "network-cleanup",
    hyperVStage: 6,
    guest: "runs on target",
    cancellable: false,
    reversible: false,
    title: "The switch learns the new port; the source's remains are removed",
  },
] as const satisfies readonly StageDescription[];

export type StageName = (typeof plan)[number]["name"];

export const stageNames: readonly StageName[] = plan.map((stage) => stage.name);

export function describeStage(name: StageName): StageDescription {
  const stage = plan.find((candidate) => candidate.name === name);
  if (stage === undefined) throw new RangeError(`Cannot describe stage "${name}": not in the plan`);
  return stage;
}
