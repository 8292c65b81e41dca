/**
 * The migrations of this host: those that leave it (outgoing.ts), those that come to it (incoming.ts), and those a former
 * agent left open (recovery-run.ts). Records are in the history; the truth is in the journal.
 */
import type { DatabaseSync } from "node:sqlite";
import { errorChain, FerryError } from "../base/errors.ts";
import type { Session } from "../session/session.ts";
import { tellFailed } from "./engine.ts";
import type { HistoryFilter } from "./history.ts";
import { abandoned, acceptIncoming } from "./incoming.ts";
import { startOutgoing } from "./outgoing.ts";
import type { MigrationsParts } from "./parts.ts";
import { takeUpPostCopy } from "./post-copy-target.ts";
import type { PeerStatus, SessionRequest } from "./peer-link.ts";
import { endQueued, type MoveRequest, queueOutgoing, requeue } from "./queued.ts";
import type { DiskPlacement, FilePlacement, MigrationRecord } from "./record.ts";
import { standingOf } from "./journal-record.ts";
import { journalAuthority } from "./ownership.ts";
import { giveWord } from "./person-word.ts";
import type { PersonsWord } from "./persons-words.ts";
import { openMigration } from "./recovery-parts.ts";
import { RecoveryRun } from "./recovery-run.ts";
import { RunningMigrations } from "./running.ts";
import { notNow, type StepIn } from "./step-in.ts";

export class Migrations implements AsyncDisposable {
  readonly #migrations: RunningMigrations;
  readonly #recovery: RecoveryRun;

  constructor(parts: MigrationsParts) {
    this.#migrations = new RunningMigrations(parts);
    this.#recovery = new RecoveryRun({
      ...parts,
      owners: parts.owners ?? journalAuthority,
      journal: this.#migrations.journal,
      stopping: this.#migrations.stopping.signal,
      ended: (id, outcome, why) => this.#endRecord(id, outcome, why),
    });
    this.#migrations.settle = (id) => this.#recovery.settle(id);
  }

  list(filter: HistoryFilter = {}): MigrationRecord[] {
    return this.#migrations.history.list(filter).map((record) => this.find(record.id) ?? record);
  }

  find(id: string): MigrationRecord | undefined {
    return this.#migrations.record(id) ?? this.#migrations.history.find(id);
  }

  /** @throws FerryError `not-found`. */
  get(id: string): MigrationRecord {
    return this.#migrations.record(id) ?? this.#migrations.history.get(id);
  }

  /** The migrations under way on this host in one role; none that wait. */
  running(role: MigrationRecord["role"]): MigrationRecord[] {
    return this.#migrations
      .all()
      .map(({ record }) => record.current)
      .filter((record) => record.role === role);
  }

  /** Resolves when this host's half of a migration is over, however it ended. */
  async over(id: string): Promise<void> {
    await this.#migrations.get(id)?.done;
  }

  /** See `queueOutgoing`. */
  enqueue(request: MoveRequest): MigrationRecord {
    return queueOutgoing(this.#migrations, request);
  }

  /** Starts a move at once, past the queue. @throws as `queueOutgoing` and `startOutgoing`. */
  start(request: MoveRequest): MigrationRecord {
    const { id } = queueOutgoing(this.#migrations, request);
    try {
      return startOutgoing(this.#migrations, id, () => {});
    } catch (error) {
      endQueued(this.#migrations, id, "failed", FerryError.from(error));
      throw error;
    }
  }

  /** See `requeue`. */
  requeue(id: string): MigrationRecord | undefined {
    return requeue(this.#migrations, id);
  }

  /** Says in a queued move's record what it waits for. */
  waiting(id: string, reason: string): void {
    this.#migrations.queued.get(id)?.waiting(reason);
  }

  /** What the latest checks say of a queued move's disks and other files. */
  place(id: string, disks: readonly DiskPlacement[], files: readonly FilePlacement[]): void {
    this.#migrations.queued.get(id)?.place(disks, files);
  }

  /** See `startOutgoing`; `together` runs in the transaction of the journal's first record. */
  startQueued(id: string, together: (database: DatabaseSync) => void): MigrationRecord {
    return startOutgoing(this.#migrations, id, together);
  }

  /** A move whose place in the queue could not be stored was never asked for. */
  forgetQueued(id: string): void {
    this.#migrations.queued.delete(id);
  }

  /** Ends a move that never began. */
  endQueued(id: string, state: "cancelled" | "failed", error: FerryError): void {
    endQueued(this.#migrations, id, state, error);
  }

  /**
   * Ends a move that may still be cancelled; returns when both hosts are as before it.
   * @throws FerryError `not-found`, `not-cancellable` naming the stage.
   */
  async cancel(id: string): Promise<MigrationRecord> {
    const running = this.#migrations.get(id);
    const { state, stage, cancellable, vm, role, source } = this.get(id);
    if (running === undefined || !cancellable) {
      const there = role === "target" ? `; ask its source "${source}"` : "";
      const present = running === undefined ? `it is ${state}` : `stage ${stage} has begun`;
      throw new FerryError(
        "not-cancellable",
        `Cannot cancel the move of VM "${vm.name}": ${present}${there}`,
        {
          remedy:
            "A move can be cancelled until stage modified-pages begins; move the VM back instead",
        },
      );
    }
    running.record.cancelling();
    running.cancel.abort(new FerryError("cancelled", `The move of VM "${vm.name}" was cancelled`));
    await running.done;
    return this.get(id);
  }

  /**
   * Steps into a move whose memory is being copied; returns when it is carried out.
   * @throws FerryError `not-found`, `conflict` saying why not, or not now.
   */
  async stepIn(id: string, stepIn: StepIn): Promise<MigrationRecord> {
    const stepIns = this.#migrations.get(id)?.stepIns;
    const record = this.get(id);
    if (stepIns?.areTaken !== true || record.state !== "running") throw notNow(stepIn, record);
    this.#migrations.parts.log.info({ migration: id, stepIn }, "somebody steps in");
    await stepIns.ask(stepIn);
    return this.get(id);
  }

  /** See `acceptIncoming` and `takeUpPostCopy`. */
  accept(request: SessionRequest, peer: string, session: Session): void {
    if (request.purpose === undefined) {
      acceptIncoming(this.#migrations, request, peer, session);
      return;
    }
    takeUpPostCopy(this.#migrations, request, peer, session).catch(async (error: unknown) => {
      const facts = { migration: request.migrationId, reason: errorChain(error) };
      this.#migrations.parts.log.warn(facts, "cannot go on with a post-copy");
      tellFailed(session, FerryError.from(error));
      await session.close("The target could not go on with the post-copy");
    });
  }

  /** How a migration stands on this host; for the other host's agent. */
  peerStatus(id: string): PeerStatus {
    const entries = this.#migrations.journal.of(id);
    return { last: entries.length === 0 ? null : (standingOf(entries) ?? "finished") };
  }

  /** The same, and what QEMU does; not of a migration that is over: a VM that left and came back is of another. */
  async peerStatusInFull(id: string): Promise<PeerStatus> {
    const open = openMigration(this.#migrations.journal.of(id));
    if (open === undefined || this.#migrations.isClosed(id)) return this.peerStatus(id);
    // One that lives and does not answer tells the other host nothing; the journal does.
    const qemu = await this.#migrations.parts.vms.qemuState(open.vm).catch(() => undefined);
    return { ...this.peerStatus(id), ...(qemu && { qemu }) };
  }

  /**
   * The source's word that the VM is this host's, outside a session. Honoured only for the generation this host is ready
   * for; saying it again is harmless.
   */
  async peerTake(id: string, generation: number, peer: string): Promise<PeerStatus> {
    this.#refuseStranger(id, peer);
    const records = this.#migrations.journal.of(id).map((entry) => entry.record);
    const isOwner = records.some(({ kind }) => kind === "owner");
    if (
      !isOwner &&
      records.some((record) => record.kind === "ready" && record.generation === generation)
    ) {
      const running = this.#migrations.get(id);
      running?.sourceWord?.resolve("take");
      // Not until its half is over: with post-copy that takes pages which the source sends only after this answer.
      await (running === undefined
        ? this.#recovery.told(id)
        : Promise.race([running.done, running.taken?.promise ?? running.done]));
    }
    return this.peerStatus(id);
  }

  /**
   * The other host's word that the move is off there. A target removes its half, unless it is *ready*: then it reads the
   * source's journal. A source takes the move back while it can.
   */
  async peerDiscard(id: string, peer: string): Promise<PeerStatus> {
    this.#refuseStranger(id, peer);
    const running = this.#migrations.get(id);
    const records = this.#migrations.journal.of(id).map((entry) => entry.record.kind);
    if (running !== undefined && records[0] === "begun") {
      running.cancel.abort(targetGaveUp(running.record.current.vm.name, peer));
    } else if (running !== undefined && records.includes("ready")) {
      running.sourceWord?.resolve("ask");
    } else if (running !== undefined) {
      running.cancel.abort(abandoned(running.record.current.vm.name));
      await running.done;
    } else {
      this.#recovery.wake(id);
    }
    return this.peerStatus(id);
  }

  /**
   * The other host's word that the VM is there by a person's word. Believed only when its journal, asked anew, says so (recovery-table.ts).
   * @throws FerryError `peer-refused`.
   */
  async peerDisown(id: string, peer: string): Promise<PeerStatus> {
    this.#refuseStranger(id, peer);
    const running = this.#migrations.get(id);
    running?.sourceWord?.resolve("ask");
    if (this.#migrations.journal.of(id).length > 0) void this.#recovery.settle(id);
    return this.peerStatus(id);
  }

  /** A person's word that the other host is dead: see person-word.ts. */
  async resolve(id: string, word: PersonsWord, by: string): Promise<MigrationRecord> {
    this.get(id);
    const parts = { ...this.#migrations.parts, journal: this.#migrations.journal };
    // A ready target that lives waits for its source's word; everybody else is in doubt once recovery has the move.
    const target = this.#migrations.get(id)?.sourceWord;
    const hears = target !== undefined || this.#recovery.has(id);
    const wake = (): void => {
      target?.resolve("ask");
      this.#recovery.wake(id);
    };
    await giveWord(parts, { id, word, by }, { hears, wake });
    return this.get(id);
  }

  /** Only the other host of a migration has a word in it, whatever its certificate is worth elsewhere. */
  #refuseStranger(id: string, peer: string): void {
    const first = this.#migrations.journal.of(id)[0]?.record;
    if (first === undefined || !("peer" in first) || first.peer === peer) return;
    throw new FerryError(
      "peer-refused",
      `Cannot take host "${peer}"'s word on migration "${id}": it is with "${first.peer}"`,
    );
  }

  /** Settles what the journal left open; call once, when the agent starts and its VMs are adopted. */
  async recover(): Promise<void> {
    await this.#recovery.start();
  }

  #endRecord(
    id: string,
    outcome: "completed" | "failed" | "unresolved",
    why: FerryError | undefined,
  ): void {
    const live = this.#migrations.get(id)?.record;
    const stored = this.#migrations.history.find(id);
    const keeper = live ?? (stored && this.#migrations.keeper(stored));
    if (keeper === undefined) return;
    // What a live move said when it ended is nearer to the cause.
    if (keeper.current.state === "failed" || keeper.current.state === "cancelled") return;
    if (outcome === "completed" || why === undefined) keeper.completed();
    else keeper.ended(outcome, why);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#migrations.stop();
    await this.#recovery[Symbol.asyncDispose]();
  }
}

function targetGaveUp(vm: string, target: string): FerryError {
  return new FerryError(
    "migration-failed",
    `Cannot move VM "${vm}": the agent of "${target}" was restarted`,
    {
      remedy: "Move the VM again",
    },
  );
}
