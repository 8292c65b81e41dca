/** What is chosen in the wizard, and what that means for the API. Pure. */
import type { SavedReport } from "../../../src/api/schema/check.ts";
import type { MigrationOptions } from "../../../src/migration/record.ts";

export const kinds = ["vm", "with-disks", "disks-only"] as const;
export type Kind = (typeof kinds)[number];

/** What is asked for by a mark: each is an option of the same name. */
export const marks = [
  ...(["verifyMemory", "eject", "leaveCluster", "enterCluster"] as const),
  ...(["keepSourceDisks", "keepPartial", "resume"] as const),
];
export type Mark = (typeof marks)[number];

/** Of no meaning where no disk is copied. */
const marksOfDisks: readonly Mark[] = ["keepSourceDisks", "keepPartial", "resume"];

export interface Choice extends Readonly<Record<Mark, boolean>> {
  readonly kind: Kind;
  /** Names of the VMs. */
  readonly vms: readonly string[];
  /** Name of the target host; undefined until chosen. */
  readonly target: string | undefined;
  /** Where disks go: a pool of the target or, of disks only, of the VM's own host; empty: as the checks find. */
  readonly pool: string;
  /** Empty: as the host's settings say. */
  readonly performance: "" | NonNullable<MigrationOptions["performance"]>;
  readonly convergencePolicy: "" | NonNullable<MigrationOptions["convergencePolicy"]>;
  /** Empty: no limit of its own. */
  readonly bandwidthMbit: string;
  readonly blackoutMs: string;
  readonly priority: NonNullable<MigrationOptions["priority"]>;
  /** What a report asks for beside all this: kept as it is. */
  readonly further: MigrationOptions;
}

export const firstChoice: Choice = {
  ...{ kind: "vm", vms: [], target: undefined, pool: "" },
  ...{
    performance: "",
    convergencePolicy: "",
    bandwidthMbit: "",
    blackoutMs: "",
    priority: "normal",
  },
  ...{ verifyMemory: false, eject: false, leaveCluster: false, enterCluster: false },
  ...{ keepSourceDisks: false, keepPartial: false, resume: false, further: {} },
};

export function optionsOf(choice: Choice): MigrationOptions {
  const { kind, pool, performance, convergencePolicy, priority } = choice;
  const mbit = Number(choice.bandwidthMbit);
  const blackoutMsMax = Number(choice.blackoutMs);
  return {
    ...choice.further,
    ...(kind === "with-disks" && { withStorage: true }),
    ...(kind === "with-disks" && pool !== "" && { targetPool: pool }),
    ...(performance !== "" && { performance }),
    ...(convergencePolicy !== "" && { convergencePolicy }),
    ...(mbit > 0 && { bandwidthBytesPerSecond: Math.round(mbit * 125_000) }),
    ...(blackoutMsMax > 0 && { blackoutMsMax }),
    ...(priority !== "normal" && { priority }),
    ...Object.fromEntries(marksOf(choice).map((mark) => [mark, true])),
  };
}

function marksOf(choice: Choice): Mark[] {
  return marks.filter(
    (mark) => choice[mark] && (choice.kind === "with-disks" || !marksOfDisks.includes(mark)),
  );
}

/** The move that a report is about, or that was asked for before. */
export function choiceOf(asked: Pick<SavedReport, "vm" | "target" | "options">): Choice {
  const { vm, target, options } = asked;
  const { withStorage, targetPool: pool = "", ...how } = options;
  const { performance = "", convergencePolicy = "", priority = "normal", ...limits } = how;
  const { bandwidthBytesPerSecond: rate, blackoutMsMax, ...rest } = limits;
  const marked = Object.fromEntries(marks.map((mark) => [mark, rest[mark] === true]));
  const isMark = (name: string) => marks.some((mark) => mark === name);
  return {
    ...firstChoice,
    ...{ kind: withStorage === true ? "with-disks" : "vm", vms: [vm.name], target, pool },
    ...{ performance, convergencePolicy, priority, ...marked },
    further: Object.fromEntries(Object.entries(rest).filter(([name]) => !isMark(name))),
    bandwidthMbit: rate === undefined ? "" : String(rate / 125_000),
    blackoutMs: blackoutMsMax === undefined ? "" : String(blackoutMsMax),
  };
}

export const steps = ["what", "where", "how", "check"] as const;
export type Step = (typeof steps)[number];

/** Whether the step has all that the next one needs. */
export function isComplete(step: Step, choice: Choice): boolean {
  if (step === "what") return choice.vms.length > 0;
  if (step !== "where") return true;
  return choice.kind === "disks-only" ? choice.pool !== "" : choice.target !== undefined;
}
