/** Watches, on the source, for what ends the mirroring of disks: a mirror fails, the session or QEMU is gone. */
import { FerryError } from "../base/errors.ts";
import { migrationFailed } from "../qemu/migration.ts";
import { mirrorFailed, mirrorFailure } from "../qemu/mirror.ts";
import type { Qmp } from "../qemu/qmp.ts";
import { peerError } from "../session/inbox.ts";
import type { Session } from "../session/session.ts";

export class MirrorWatch implements Disposable {
  readonly #failure = Promise.withResolvers<never>();
  readonly #detach: (() => void)[];
  #wake: () => void = () => undefined;

  constructor(qmp: Qmp, session: Session) {
    this.#failure.promise.catch(() => undefined); // `pause` reports it
    this.#detach = [
      qmp.onEvent((event) => {
        const why = mirrorFailure(event);
        if (why !== undefined) this.#failure.reject(mirrorFailed(why));
        if (event.event === "BLOCK_JOB_READY") this.#wake();
      }),
      session.on("message", (message) => {
        if (message.type === "failed") this.#failure.reject(peerError(message));
      }),
      session.on("closed", (reason) => this.#failure.reject(sessionClosed(reason))),
    ];
    void qmp.closed.then(() => this.#failure.reject(migrationFailed("QEMU is gone", "gone")));
  }

  /** Waits, or until a mirror becomes ready; rejects as soon as something ends the mirroring, or with the signal's reason. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const over = Promise.withResolvers<void>();
    this.#wake = () => over.resolve();
    const timer = setTimeout(this.#wake, ms);
    const abort = (): void => over.reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([this.#failure.promise, over.promise]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  [Symbol.dispose](): void {
    for (const detach of this.#detach) detach();
  }
}

function sessionClosed(reason: string | undefined): FerryError {
  return new FerryError(
    "unreachable",
    `Cannot go on copying disks: the session ended (${reason ?? "closed"})`,
    { remedy: "Check the migration network between both hosts, then move again" },
  );
}
