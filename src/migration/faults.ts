/**
 * Fault injection, shipped with the product and off unless the configuration switches it on, so that a rehearsed
 * failure takes the very path a real one takes. A fault is armed for one named point and fires once.
 *
 * Points are `ROLE:STAGE:MOMENT`, for instance `source:memory-precopy:inside`.
 */
import { FerryError } from "../base/errors.ts";

export type FaultAction = "fail" | "crash" | "hang";

export class Faults {
  readonly #armed = new Map<string, FaultAction>();
  readonly #strikes = new Map<string, PromiseWithResolvers<void>>();
  readonly #enabled: boolean;

  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  /** @throws FerryError `forbidden` when the configuration does not allow rehearsals. */
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
    this.#armed.set(point, action);
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
    }
  }
}
