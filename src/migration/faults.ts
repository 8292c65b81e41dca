/**
 * Fault injection, shipped with the product and off unless the configuration switches it on, so that a rehearsed
 * failure takes the very path a real one takes. A fault is armed for one named point and strikes once.
 *
 * Points are `ROLE:STAGE:MOMENT`, for instance `source:memory-precopy:inside`, and `ROLE:journal-RECORD:MOMENT` around every
 * record of the journal, for instance `target:journal-owner:after`.
 */
import { FerryError } from "../base/errors.ts";
import { faultPoints, nameOf } from "./fault-points.ts";

const movePoints = faultPoints().map(nameOf);

/**
 * `fail`: the step throws; `crash`: the agent is killed; `hang`: the step waits until it is called off; `pause`: it waits until it is told to
 * go on, so that whatever shall break can be broken at exactly this point.
 */
export const faultActions = ["fail", "crash", "hang", "pause"] as const;
export type FaultAction = (typeof faultActions)[number];

/** Of the configuration (`faultInjection`). */
export type FaultMode = boolean | "repeat";

export interface ArmedFault {
  readonly point: string;
  readonly action: FaultAction;
  readonly state: "armed" | "struck";
}

export class Faults {
  readonly points: readonly string[];
  readonly #armed = new Map<string, FaultAction>();
  readonly #paused = new Map<string, () => void>();
  readonly #strikes = new Map<string, PromiseWithResolvers<void>>();
  readonly #enabled: boolean;
  /** Steps that were done once; undefined: no step is asked to be done again. */
  readonly #doneOnce: Set<string> | undefined;

  /** `repeat`: enabled, and every step that must bear repetition is repeated. `points`: those there are. */
  constructor(mode: FaultMode, points: readonly string[] = movePoints) {
    this.points = points;
    this.#enabled = mode !== false;
    this.#doneOnce = mode === "repeat" ? new Set() : undefined;
  }

  /** Whether a step that was just done is to be done again, as an agent does that died right behind it. */
  repeats(step: string): boolean {
    if (this.#doneOnce === undefined || this.#doneOnce.has(step)) return false;
    this.#doneOnce.add(step);
    return true;
  }

  /** @throws FerryError `forbidden` when the configuration does not allow rehearsals, `bad-input` for a point that no move has. */
  arm(point: string, action: FaultAction): void {
    if (!this.#enabled) {
      throw new FerryError(
        "forbidden",
        `Cannot arm a fault at "${point}": fault injection is off`,
        {
          remedy: "Set faultInjection: true in ferryd.yaml on a host that may be rehearsed with",
        },
      );
    }
    if (!this.points.includes(point)) {
      throw new FerryError("bad-input", `Cannot arm a fault at "${point}": nothing comes there`, {
        remedy: "See the points that there are: ferry fault points",
      });
    }
    this.#armed.set(point, action);
  }

  /** Those that wait for their point, and those that hold it. */
  list(): ArmedFault[] {
    const waiting = [...this.#armed].map(([point, action]) => ({ point, action, state: "armed" }));
    const held = [...this.#paused.keys()].map((point) => ({
      point,
      action: "pause",
      state: "struck",
    }));
    return [...waiting, ...held] as ArmedFault[];
  }

  /** Forgets faults that have not struck, and lets go on what was paused. */
  clear(): void {
    this.#armed.clear();
    for (const goOn of this.#paused.values()) goOn();
  }

  /** Resolves when a fault strikes at the point. */
  struck(point: string): Promise<void> {
    const strike = this.#strikes.get(point) ?? Promise.withResolvers<void>();
    this.#strikes.set(point, strike);
    return strike.promise;
  }

  /** Called where a fault may strike; does nothing unless one is armed there. */
  async reach(point: string, signal?: AbortSignal): Promise<void> {
    const action = this.#armed.get(point);
    if (action === undefined) return;
    this.#armed.delete(point);
    this.#strikes.get(point)?.resolve();
    this.#strikes.delete(point);
    switch (action) {
      case "fail":
        throw new FerryError("migration-failed", `Cannot pass "${point}": an armed fault struck`, {
          remedy: "This failure was rehearsed; move the VM again",
        });
      case "crash":
        process.kill(process.pid, "SIGKILL");
        return;
      case "hang":
        await new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        });
        return;
      case "pause":
        await new Promise<void>((resolve) => {
          this.#paused.set(point, resolve);
        });
        this.#paused.delete(point);
    }
  }
}
