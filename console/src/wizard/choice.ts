/** What is chosen in the wizard, and what that means for the API. Pure. */
import type { MigrationOptions } from "../../../src/migration/record.ts";

export const kinds = ["vm", "with-disks", "disks-only"] as const;
export type Kind = (typeof kinds)[number];

export interface Choice {
  readonly kind: Kind;
  /** Names of the VMs. */
  readonly vms: readonly string[];
  /** Name of the target host; undefined until chosen. */
  readonly target: string | undefined;
  /** Where disks go: a pool of the target or, of disks only, of the VM's own host; empty: as the checks find. */
  readonly pool: string;
  readonly keepSourceDisks: boolean;
  /** Empty: as the host's settings say. */
  readonly performance: "" | NonNullable<MigrationOptions["performance"]>;
  /** Empty: no limit of its own. */
  readonly bandwidthMbit: string;
  readonly blackoutMs: string;
  readonly priority: NonNullable<MigrationOptions["priority"]>;
  readonly verifyMemory: boolean;
  /** Media are taken out of the drives instead of carried along. */
  readonly eject: boolean;
}

export const firstChoice: Choice = {
  ...{ kind: "vm", vms: [], target: undefined, pool: "", keepSourceDisks: false },
  ...{ performance: "", bandwidthMbit: "", blackoutMs: "", priority: "normal" },
  ...{ verifyMemory: false, eject: false },
};

export function optionsOf(choice: Choice): MigrationOptions {
  const { kind, pool, keepSourceDisks, performance, priority, verifyMemory } = choice;
  const mbit = Number(choice.bandwidthMbit);
  const blackoutMsMax = Number(choice.blackoutMs);
  return {
    ...(kind === "with-disks" && { withStorage: true }),
    ...(kind === "with-disks" && pool !== "" && { targetPool: pool }),
    ...(kind === "with-disks" && keepSourceDisks && { keepSourceDisks }),
    ...(performance !== "" && { performance }),
    ...(mbit > 0 && { bandwidthBytesPerSecond: Math.round(mbit * 125_000) }),
    ...(blackoutMsMax > 0 && { blackoutMsMax }),
    ...(priority !== "normal" && { priority }),
    ...(verifyMemory && { verifyMemory }),
    ...(choice.eject && { eject: true }),
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
