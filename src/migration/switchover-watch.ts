/**
 * Watches, on the source, for the moments of a switch-over, from before memory starts to move: the guest stops, the
 * target has loaded, the session or QEMU fails. QEMU decides by itself when it stops the guest, so nothing here may be
 * asked for too late.
 */
import { wallClockMs } from "../base/clock.ts";
import { FerryError } from "../base/errors.ts";
import { isStatus, migrationFailed, queryMemory } from "../qemu/migration.ts";
import { mirrorFailed, mirrorFailure } from "../qemu/mirror.ts";
import type { Qmp } from "../qemu/qmp.ts";
import { peerError } from "../session/inbox.ts";
import type { Session } from "../session/session.ts";

export class SwitchoverWatch implements Disposable {
  /** When the guest stopped, by QEMU's own stamp; undefined while it runs. */
  stoppedAt: number | undefined;
  /** When QEMU, which waited with the guest stopped for the disks to be equal, was told to go on. */
  continuedAt: number | undefined;
  /** When the target's report that everything is loaded arrived here. */
  loadedAt: number | undefined;
  /** What failed first; what fails after it is often only its echo. */
  cause: FerryError | undefined;
  readonly #failure = Promise.withResolvers<never>();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #loaded = Promise.withResolvers<void>();
  readonly #detach: (() => void)[];

  /** `isOverRdma`, asked when it matters: the target's word goes to this QEMU, which says that it has completed. */
  constructor(qmp: Qmp, session: Session, isOverRdma: () => boolean = () => false) {
    this.#failure.promise.catch(() => undefined); // races below report it
    this.#detach = [
      qmp.onEvent((event) => {
        if (event.event === "STOP") {
          this.stoppedAt ??= event.timestampMs;
          this.#stopped.resolve();
        }
        // A guest that was paused all along never says STOP.
        if (isStatus(event, ["pre-switchover", "postcopy-active"])) this.#stopped.resolve();
        if (isStatus(event, ["failed"])) void this.#failed(qmp);
        if (isOverRdma() && isStatus(event, ["completed"])) this.#allLoaded();
        const broken = mirrorFailure(event);
        if (broken !== undefined) this.#fail(mirrorFailed(broken));
      }),
      session.on("load-reported", (ok) => {
        if (!ok) this.#fail(cannotLoad());
        this.#allLoaded();
      }),
      session.on("stream-closed", (stream, reason) => {
        // Once it has loaded, QEMU closes its end for good reason.
        if (stream === "memory" && this.loadedAt === undefined) this.#fail(streamClosed(reason));
      }),
      session.on("message", (message) => {
        if (message.type === "failed") this.#fail(peerError(message));
      }),
      session.on("closed", (reason) => this.#fail(sessionClosed(reason))),
    ];
    void qmp.closed.then(() => this.#fail(migrationFailed("QEMU is gone", "gone")));
  }

  /** Resolves true when the guest has stopped within `ms`, false when it runs on; rejects on failure or abort. */
  async stoppedWithin(ms: number, signal: AbortSignal): Promise<boolean> {
    return await this.#within(this.#stopped.promise, ms, signal);
  }

  /** Resolves when the target QEMU has everything. @throws FerryError `timeout` after `ms`. */
  async loaded(ms: number): Promise<void> {
    if (await this.#within(this.#loaded.promise, ms)) return;
    throw new FerryError(
      "timeout",
      `Cannot finish the switch-over: the target loaded nothing for ${ms} ms`,
      {
        remedy: "Check the load of the target host and the migration network, then move again",
      },
    );
  }

  async #within(moment: Promise<void>, ms: number, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    const deadline = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => deadline.resolve(false), ms);
    const abort = (): void => deadline.reject(signal?.reason as Error);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const reached = moment.then(() => true);
      return await Promise.race([this.#failure.promise, reached, deadline.promise]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  #allLoaded(): void {
    this.loadedAt ??= wallClockMs();
    this.#loaded.resolve();
    this.#stopped.resolve(); // as above, where QEMU does not wait
  }

  #fail(error: FerryError): void {
    this.cause ??= error;
    this.#failure.reject(error);
  }

  async #failed(qmp: Qmp): Promise<void> {
    const status = await queryMemory(qmp).catch(() => undefined);
    this.#fail(migrationFailed(status?.error ?? null, "failed"));
  }

  [Symbol.dispose](): void {
    for (const detach of this.#detach) detach();
  }
}

function cannotLoad(): FerryError {
  return new FerryError(
    "migration-failed",
    "Cannot finish the switch-over: the target's QEMU could not load the VM",
    {
      remedy: "Read QEMU's log on the target; both hosts must build the same machine",
    },
  );
}

function streamClosed(reason: string): FerryError {
  return new FerryError(
    "migration-failed",
    `Cannot bring memory across: its stream ended before everything had arrived (${reason})`,
    { remedy: "Read QEMU's log in the VM's directory on both hosts, then move again" },
  );
}

function sessionClosed(reason: string | undefined): FerryError {
  return new FerryError(
    "unreachable",
    `Cannot carry on the move: the session ended (${reason ?? "closed"})`,
    {
      remedy: "Check the migration network between both hosts, then move again",
    },
  );
}
