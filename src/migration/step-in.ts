/**
 * An administrator steps into a move while its memory is copied. What is asked for waits until the loop that follows the
 * rounds (follow-rounds.ts) takes it up, a moment later; outside that time it is refused.
 */
import { FerryError } from "../base/errors.ts";
import { type MigrationRecord, stepInActions } from "./record.ts";

export type StepInAction = (typeof stepInActions)[number];

export interface StepIn {
  readonly action: StepInAction;
  /** Of `throttle`; absent: the policy's next step. */
  readonly throttlePercent?: number;
  readonly requestedBy: string;
}

export interface AskedStepIn {
  readonly stepIn: StepIn;
  readonly settle: Pick<PromiseWithResolvers<void>, "resolve" | "reject">;
}

export class StepIns {
  #asked: AskedStepIn[] | undefined;

  get areTaken(): boolean {
    return this.#asked !== undefined;
  }

  open(): void {
    this.#asked = [];
  }

  /** Resolves when it is carried out. @throws FerryError `conflict` when it can't be, or no more. */
  async ask(stepIn: StepIn): Promise<void> {
    if (this.#asked === undefined) throw tooLate(stepIn.action);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#asked.push({ stepIn, settle: { resolve, reject } });
    await promise;
  }

  take(): readonly AskedStepIn[] {
    return this.#asked?.splice(0) ?? [];
  }

  close(): void {
    const asked = this.take();
    this.#asked = undefined;
    for (const { stepIn, settle } of asked) settle.reject(tooLate(stepIn.action));
  }
}

/** Why a move can't be stepped into now. */
export function notNow({ action }: StepIn, record: MigrationRecord): FerryError {
  const { id, vm, state, stage, role, source } = record;
  const there = role === "target" ? `; ask its source "${source}"` : "";
  const present = state === "running" ? `stage ${stage ?? "setup"} runs` : `it is ${state}`;
  return new FerryError(
    "conflict",
    `Cannot ${action} the move of VM "${vm.name}": ${present}, stage memory-precopy is wanted${there}`,
    { remedy: `See where it is: ferry migration show ${id}` },
  );
}

function tooLate(action: StepInAction): FerryError {
  return new FerryError(
    "conflict",
    `Cannot ${action}: memory is not being copied in rounds now, stage memory-precopy is wanted`,
    { remedy: "See where the move is: ferry migration show" },
  );
}
