/**
 * Keeps QEMU from stopping the guest before its first pass over memory has arrived (docs/decisions/0231-switchover-held.md).
 *
 * QEMU switches over once little is left to *send*. What it has sent may still wait: in the session, which is bounded, and at
 * the target, where a page that is new to the host takes the kernel long, and much of a guest's memory lies alone in its
 * surroundings. The guest would stand still for all of that. So QEMU, since 8.1, goes on with rounds until the target has
 * applied what was sent when the first one ended; older ones switch over when they like.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Qmp } from "../qemu/qmp.ts";
import type { Session } from "../session/session.ts";

/** Each look is a word with the session's thread. */
const lookMs = 5;

export class SwitchoverHold implements Disposable {
  readonly #session: Session;
  readonly #detach: () => void;
  #isOn = true;

  constructor(qmp: Qmp, session: Session) {
    this.#session = session;
    this.#detach = qmp.onEvent(({ event, data }) => {
      // QEMU counts the pass that begins.
      if (event === "MIGRATION_PASS" && Number(data["pass"]) >= 2) this.#firstPassEnded();
    });
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** QEMU may stop the guest from now on. */
  release(): void {
    if (!this.#isOn) return;
    this[Symbol.dispose]();
    this.#session.allowSwitchover();
  }

  [Symbol.dispose](): void {
    this.#detach();
    this.#isOn = false;
  }

  #firstPassEnded(): void {
    this.#detach();
    this.#session.holdSwitchover();
    // A session that is gone ends the move by itself.
    this.#applied().then(
      () => this.release(),
      () => this.release(),
    );
  }

  async #applied(): Promise<void> {
    // What QEMU's socket and compression had under way is taken in while what went before it is applied.
    for (let times = 0; times < 2; times++) {
      await delay(lookMs);
      const { acceptedBytes: sent = 0 } = (await this.#memory()) ?? {};
      while (this.#isOn && ((await this.#memory())?.acknowledgedBytes ?? sent) < sent) {
        await delay(lookMs);
      }
    }
  }

  async #memory() {
    return (await this.#session.stats()).streams["memory"];
  }
}
