/**
 * Carries out what recovery.ts decides, when an agent starts. Every step may be repeated: an agent that dies in the middle
 * begins again where the journal stands. What needs the other host goes on in the background until it answers.
 */
import { setTimeout as wait } from "node:timers/promises";
import { errorChain, FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { announce } from "../network/announce.ts";
import type { Switches } from "../network/switches.ts";
import { endOutgoing, guestRuns } from "../qemu/migration.ts";
import { clearMirrors } from "../qemu/mirror.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import { verdictOf } from "./await-take.ts";
import type { Journal } from "./journal.ts";
import type { JournalEntry } from "./journal-record.ts";
import type { MoveLimits } from "./limits.ts";
import { removeLeftDisks, removeMadeFiles } from "./moved-files.ts";
import type { PeerLink } from "./peer-link.ts";
import { decideRecovery } from "./recovery.ts";
import { takeOwnership } from "./take-ownership.ts";

export interface RecoveryParts {
  readonly log: Log;
  readonly vms: LocalVms;
  readonly switches: Switches;
  readonly peers: PeerLink;
  readonly limits: MoveLimits;
  readonly journal: Journal;
  readonly stopping: AbortSignal;
  /** Writes the outcome into the history. */
  readonly ended: (
    id: string,
    outcome: "completed" | "failed" | "unresolved",
    why?: FerryError,
  ) => void;
}

/** Who is involved in an open migration, from its first record. */
interface Open {
  readonly id: string;
  readonly vm: string;
  readonly peer: string;
  readonly generation: number;
  readonly run: boolean;
}

export class RecoveryRun implements AsyncDisposable {
  readonly #parts: RecoveryParts;
  readonly #waiting = new Map<
    string,
    { told: PromiseWithResolvers<"take">; done: Promise<void> }
  >();

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** Settles what can be settled alone; returns while the rest goes on. */
  async start(): Promise<void> {
    for (const id of this.#parts.journal.open()) {
      const entries = this.#parts.journal.of(id);
      const open = openOf(entries);
      const last = entries.at(-1)?.record.kind;
      if (open === undefined || last === undefined) continue;
      const decision = decideRecovery(last);
      this.#parts.log.warn({ migration: id, last, decision }, "an open migration is settled");
      switch (decision) {
        case "roll back":
          await this.#guarded(open, () => this.#rollBack(open));
          break;
        case "discard":
          await this.#guarded(open, () => this.#discard(open));
          break;
        case "finish on target":
          await this.#guarded(open, () => this.#finishOnTarget(open));
          break;
        case "remove the remains":
          await this.#guarded(open, () => this.#removeRemains(open));
          break;
        case "insist on take":
          this.#inBackground(open, () => this.#insist(open));
          break;
        case "ask the source":
          this.#inBackground(open, (told) => this.#askSource(open, told));
          break;
        case "nothing":
          this.#parts.journal.append(id, { kind: "finished" });
      }
    }
  }

  /** The source said *take* over the peer API; true when a skeleton waited for it and now runs. */
  async told(id: string): Promise<boolean> {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return false;
    waiting.told.resolve("take");
    await waiting.done;
    return true;
  }

  #inBackground(open: Open, settle: (told: Promise<"take">) => Promise<void>): void {
    const told = Promise.withResolvers<"take">();
    const done = this.#guarded(open, () => settle(told.promise)).finally(() =>
      this.#waiting.delete(open.id),
    );
    this.#waiting.set(open.id, { told, done });
  }

  async #guarded(open: Open, settle: () => Promise<void>): Promise<void> {
    try {
      await settle();
    } catch (error) {
      if (this.#parts.stopping.aborted) return;
      this.#parts.log.error({ migration: open.id, reason: errorChain(error) }, "cannot settle yet");
      this.#parts.ended(open.id, "unresolved", FerryError.from(error));
    }
  }

  async #rollBack(open: Open): Promise<void> {
    const { journal, vms, limits, ended } = this.#parts;
    journal.append(open.id, {
      kind: "rolled-back",
      reason: "The agent was restarted during the move",
    });
    const qmp = vms.process(open.vm)?.qmp;
    if (qmp !== undefined) {
      await endOutgoing(qmp);
      await clearMirrors(qmp, limits.setupTimeoutMs);
      if (open.run && !(await guestRuns(qmp))) await vms.resumeOwned(open.vm);
      await vms.insertMedia(open.vm); // a move may have ejected them
    }
    if (vms.find(open.vm) !== undefined) vms.releaseFromMigration(open.vm);
    journal.append(open.id, { kind: "finished" });
    ended(open.id, "failed", interrupted("the VM stays on this host"));
    this.#tellOff(open);
  }

  async #discard(open: Open): Promise<void> {
    const { journal, vms, ended } = this.#parts;
    await vms.discardIncoming(open.vm);
    await removeMadeFiles({ ...open, journal, vms });
    journal.append(open.id, { kind: "discarded" });
    journal.append(open.id, { kind: "finished" });
    ended(open.id, "failed", interrupted("the VM stays on the source"));
    this.#tellOff(open);
  }

  /** The other host need not wait for a session that will not come back; if it does not hear this, it waits. */
  #tellOff({ peer, id }: Open): void {
    this.#parts.peers.discard(peer, id).catch((error: unknown) => {
      this.#parts.log.warn(
        { migration: id, reason: errorChain(error) },
        "cannot tell that the move is off",
      );
    });
  }

  async #finishOnTarget(open: Open): Promise<void> {
    const { journal, vms, log, switches, ended } = this.#parts;
    const process = vms.process(open.vm);
    if (process !== undefined) {
      if (open.run && !(await guestRuns(process.qmp))) await vms.resumeOwned(open.vm);
      await announce(vms.get(open.vm).definition, process, switches, log);
    }
    vms.releaseFromMigration(open.vm);
    journal.append(open.id, { kind: "finished" });
    ended(open.id, "completed");
  }

  async #insist(open: Open): Promise<void> {
    const { peers, journal } = this.#parts;
    const { last } = await this.#untilAnswered(() =>
      peers.take(open.peer, open.id, open.generation + 1),
    );
    if (last !== "owner" && last !== "finished") {
      throw new FerryError(
        "migration-unresolved",
        `Cannot finish migration "${open.id}": handed over to "${open.peer}", whose journal says "${last ?? "nothing"}"`,
        { remedy: `Look at the VM on "${open.peer}"; docs/recovery.md says how to go on` },
      );
    }
    journal.append(open.id, { kind: "taken", generation: open.generation + 1 });
    await this.#removeRemains(open);
  }

  async #removeRemains(open: Open): Promise<void> {
    const { vms, journal, ended } = this.#parts;
    await vms.removeAfterHandover(open.vm);
    await removeLeftDisks({ ...open, journal, vms });
    journal.append(open.id, { kind: "finished" });
    ended(open.id, "completed");
  }

  async #askSource(open: Open, told: Promise<"take">): Promise<void> {
    const { peers, journal, limits, stopping } = this.#parts;
    for (;;) {
      const asked = this.#untilAnswered(() => peers.status(open.peer, open.id));
      asked.catch(() => undefined); // the agent stops, or `told` came first
      const verdict = await Promise.race([told, asked.then(({ last }) => verdictOf(last))]);
      if (verdict === "take") {
        await takeOwnership(
          { ...open, definition: { id: open.vm }, journal, vms: this.#parts.vms },
          () => {},
        );
        return await this.#finishOnTarget(open);
      }
      if (verdict === "discard") return await this.#discard(open);
      await wait(limits.takeRetryMs, undefined, { signal: stopping });
    }
  }

  async #untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const { limits, stopping, log } = this.#parts;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        stopping.throwIfAborted();
        log.warn({ reason: errorChain(error) }, "the other host does not answer; asking again");
        await wait(limits.takeRetryMs, undefined, { signal: stopping });
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#waiting.values()].map(({ done }) => done));
  }
}

function openOf(entries: readonly JournalEntry[]): Open | undefined {
  const first = entries[0];
  if (first === undefined) return undefined;
  const { record, migration: id } = first;
  if (record.kind === "begun") return { ...record, id, run: record.ran };
  if (record.kind === "accepted") return { ...record, id };
  return undefined;
}

function interrupted(where: string): FerryError {
  return new FerryError("migration-failed", `The agent was restarted during the move: ${where}`, {
    remedy: "Move the VM again",
  });
}
