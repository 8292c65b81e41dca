/**
 * The migrations of this host: starts those that leave it, accepts those that come to it, answers for both. Holds the
 * running ones; their records are in the history, their truth is in the journal.
 */
import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { wallClockMs } from "../base/clock.ts";
import { errorChain, FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Switches } from "../network/switches.ts";
import type { Session } from "../session/session.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import { runSource, runTarget, tellFailed } from "./engine.ts";
import type { Faults } from "./faults.ts";
import { History, type HistoryFilter } from "./history.ts";
import { Journal } from "./journal.ts";
import { limitsFor, type MoveLimits } from "./limits.ts";
import type { PeerLink, PeerStatus, SessionRequest } from "./peer-link.ts";
import type { MigrationOptions, MigrationRecord } from "./record.ts";
import { RecordKeeper } from "./record-keeper.ts";
import { RecoveryRun } from "./recovery-run.ts";
import type { SourceMove, TargetMove } from "./stage.ts";
import { stages } from "./stages/all.ts";

export interface MigrationsParts {
  readonly database: DatabaseSync;
  readonly log: Log;
  readonly host: string;
  readonly vms: LocalVms;
  readonly switches: Switches;
  readonly peers: PeerLink;
  readonly faults: Faults;
  readonly limits: MoveLimits;
  /** Called on every change of a record, many times a second while memory moves. */
  readonly publish: (record: MigrationRecord) => void;
}

export interface MoveRequest {
  /** Name or id. */
  readonly vm: string;
  readonly target: string;
  readonly options: MigrationOptions;
  readonly requestedBy: string;
}

interface Running {
  readonly record: RecordKeeper;
  readonly cancel: AbortController;
  readonly done: Promise<void>;
  /** Target only: the source said *take* or *discard* outside the session. */
  readonly taken?: PromiseWithResolvers<void>;
}

export class Migrations implements AsyncDisposable {
  readonly journal: Journal;
  readonly #parts: MigrationsParts;
  readonly #history: History;
  readonly #running = new Map<string, Running>();
  readonly #stopping = new AbortController();
  readonly #recovery: RecoveryRun;

  constructor(parts: MigrationsParts) {
    this.#parts = parts;
    this.#history = new History(parts.database);
    this.journal = new Journal(parts.database, () => Math.floor(wallClockMs()));
    this.#recovery = new RecoveryRun({
      ...parts,
      journal: this.journal,
      stopping: this.#stopping.signal,
      ended: (id, outcome, why) => this.#endRecord(id, outcome, why),
    });
  }

  list(filter: HistoryFilter = {}): MigrationRecord[] {
    return this.#history.list(filter).map((record) => this.find(record.id) ?? record);
  }

  find(id: string): MigrationRecord | undefined {
    return this.#running.get(id)?.record.current ?? this.#history.find(id);
  }

  /** @throws FerryError `not-found`. */
  get(id: string): MigrationRecord {
    return this.#running.get(id)?.record.current ?? this.#history.get(id);
  }

  /**
   * Starts moving a VM of this host; the checks have passed already. Returns at once with the record.
   * @throws FerryError `not-found`, `conflict` when it does not run here, `busy` when it moves already.
   */
  start(request: MoveRequest): MigrationRecord {
    const { vms, log } = this.#parts;
    const vm = vms.get(request.vm);
    const process = vms.process(vm.definition.id);
    if (process === undefined || (vm.state !== "running" && vm.state !== "paused")) {
      throw new FerryError("conflict", `Cannot move VM "${vm.definition.name}": it is ${vm.state}, not running`, {
        remedy: `Start it first: ferry vm start ${vm.definition.name}`,
      });
    }
    const id = randomUUID();
    vms.claimForMigration(vm.definition.id, id);
    const record = this.#keeper(id, vm.definition, "source", request);
    const cancel = new AbortController();
    const ran = vm.state === "running";
    const move: SourceMove = {
      ...this.#common(id, record, cancel.signal, request.options),
      generation: vm.generation,
      definition: vm.definition,
      peer: request.target,
      run: ran,
      process,
      session: undefined,
      watch: undefined,
      handedOverAt: undefined,
      untidy: false,
    };
    this.journal.append(id, {
      kind: "begun",
      vm: vm.definition.id,
      peer: request.target,
      generation: vm.generation,
      ran,
    });
    record.begin();
    log.info({ migration: id, vm: vm.definition.name, target: request.target }, "migration begins");
    const done = this.#runSource(move, cancel.signal);
    this.#running.set(id, { record, cancel, done });
    return record.current;
  }

  async #runSource(move: SourceMove, cancelled: AbortSignal): Promise<void> {
    try {
      await runSource(move, stages);
      if (!move.untidy) this.journal.append(move.id, { kind: "finished" });
      move.record.completed();
    } catch (error) {
      const known = FerryError.from(error);
      move.log.error({ reason: errorChain(error), code: known.code }, "migration ended");
      if (move.handedOverAt === undefined) {
        this.#parts.vms.releaseFromMigration(move.definition.id);
        this.journal.append(move.id, { kind: "finished" });
        move.record.ended(cancelled.aborted ? "cancelled" : "failed", known);
      } else {
        move.record.ended("unresolved", known);
      }
    } finally {
      this.#running.delete(move.id);
    }
  }

  /**
   * Ends a move that may still be cancelled; returns when both hosts are as before it.
   * @throws FerryError `not-found`, `not-cancellable` naming the stage.
   */
  async cancel(id: string): Promise<MigrationRecord> {
    const running = this.#running.get(id);
    const { state, stage, cancellable, vm, role, source } = this.get(id);
    if (running === undefined || !cancellable) {
      const there = role === "target" ? `; ask its source "${source}"` : "";
      const present = running === undefined ? `it is ${state}` : `stage ${stage} has begun`;
      throw new FerryError("not-cancellable", `Cannot cancel the move of VM "${vm.name}": ${present}${there}`, {
        remedy: "A move can be cancelled until stage modified-pages begins; move the VM back instead",
      });
    }
    running.record.cancelling();
    running.cancel.abort(new FerryError("cancelled", `The move of VM "${vm.name}" was cancelled`));
    await running.done;
    return this.get(id);
  }

  /**
   * A source with a proven identity opened `session` for a move to this host: goes on in the background.
   * @throws FerryError `busy` when that migration is known already.
   */
  accept(request: SessionRequest, peer: string, session: Session): void {
    const id = request.migrationId;
    if (this.#running.has(id) || this.journal.of(id).length > 0) {
      throw new FerryError("busy", `Cannot accept migration "${id}": it is known here already`);
    }
    void this.#runTarget(request, peer, session).catch((error: unknown) => {
      this.#parts.log.error({ reason: errorChain(error), migration: id }, "cannot accept a migration");
    });
  }

  async #runTarget(request: SessionRequest, peer: string, session: Session): Promise<void> {
    const { limits } = this.#parts;
    const id = request.migrationId;
    const message = await session.receive("prepare", { timeoutMs: limits.setupTimeoutMs });
    const { definition, generation, run } = message;
    const cancel = new AbortController();
    const taken = Promise.withResolvers<void>();
    taken.promise.catch(() => undefined); // may be rejected with nobody waiting
    const asked = { target: this.#parts.host, options: {}, requestedBy: `host ${peer}` };
    const record = this.#keeper(id, definition, "target", asked, peer);
    const move: TargetMove = {
      ...this.#common(id, record, cancel.signal, {}),
      generation,
      definition,
      peer,
      run,
      session,
      process: undefined,
      ready: false,
      owner: false,
      taken: taken.promise,
    };
    const vm = definition.id;
    this.journal.append(id, { kind: "accepted", vm, peer, generation, run });
    record.begin();
    session.on("message", ({ type }) => {
      if (type === "abandon") cancel.abort(abandoned(definition.name));
    });
    session.on("closed", () => {
      if (!move.ready) cancel.abort(abandoned(definition.name));
    });
    const done = this.#finishTarget(move, cancel.signal);
    this.#running.set(id, { record, cancel, done, taken });
    await done;
  }

  async #finishTarget(move: TargetMove, abandonment: AbortSignal): Promise<void> {
    try {
      await runTarget(move, stages);
      this.#parts.vms.releaseFromMigration(move.definition.id);
      this.journal.append(move.id, { kind: "finished" });
      move.record.completed();
    } catch (error) {
      const known = FerryError.from(abandonment.aborted ? abandonment.reason : error);
      move.log.error({ reason: errorChain(error), code: known.code }, "migration ended");
      if (move.ready && known.code !== "cancelled") {
        move.record.ended("unresolved", known);
        return;
      }
      if (known.code === "cancelled") this.#tellAbandoned(move.session);
      else tellFailed(move.session, known);
      this.journal.append(move.id, { kind: "finished" });
      move.record.ended(known.code === "cancelled" ? "cancelled" : "failed", known);
    } finally {
      this.#running.delete(move.id);
    }
  }

  #tellAbandoned(session: Session): void {
    try {
      session.send({ type: "abandoned" });
    } catch {
      // The source is gone; it asks or has rolled back already.
    }
  }

  /** What this host's journal last said of a migration; for the other host's agent. */
  peerStatus(id: string): PeerStatus {
    return { last: this.journal.of(id).at(-1)?.record.kind ?? null };
  }

  /**
   * The source's word that the VM is this host's, outside a session. Honoured only for the generation this host is ready
   * for; saying it again is harmless.
   */
  async peerTake(id: string, generation: number): Promise<PeerStatus> {
    const ready = this.journal.of(id).find((entry) => entry.record.kind === "ready")?.record;
    if (ready?.kind === "ready" && ready.generation === generation) {
      const running = this.#running.get(id);
      running?.taken?.resolve();
      if (running === undefined) await this.#recovery.told(id);
      else await running.done; // the target's half ends soon after it took the VM
    }
    return this.peerStatus(id);
  }

  /** The source's word that the move is off. */
  async peerDiscard(id: string): Promise<PeerStatus> {
    const running = this.#running.get(id);
    if (running !== undefined && !this.journal.of(id).some(({ record }) => record.kind === "ready")) {
      running.cancel.abort(abandoned(running.record.current.vm.name));
      await running.done;
    }
    return this.peerStatus(id);
  }

  /** Settles what the journal left open; call once, when the agent starts and its VMs are adopted. */
  async recover(): Promise<void> {
    await this.#recovery.start();
  }

  #endRecord(id: string, outcome: "completed" | "failed" | "unresolved", why?: FerryError): void {
    const stored = this.#history.find(id);
    if (stored === undefined) return;
    const keeper = this.#keep(stored);
    if (outcome === "completed" || why === undefined) keeper.completed();
    else keeper.ended(outcome, why);
  }

  #common(id: string, record: RecordKeeper, signal: AbortSignal, options: MigrationOptions) {
    const { vms, switches, peers, faults, log, limits } = this.#parts;
    return {
      id,
      record,
      journal: this.journal,
      vms,
      switches,
      peers,
      faults,
      limits: limitsFor(limits, options),
      log: log.child({ migration: id }),
      signal: AbortSignal.any([signal, this.#stopping.signal]),
      stopping: this.#stopping.signal,
    };
  }

  #keeper(
    id: string,
    vm: { id: string; name: string },
    role: "source" | "target",
    request: Omit<MoveRequest, "vm">,
    source = this.#parts.host,
  ): RecordKeeper {
    const record: MigrationRecord = {
      id,
      vm: { id: vm.id, name: vm.name },
      source,
      target: request.target,
      role,
      requestedBy: request.requestedBy,
      requestedAt: wallClockMs(),
      startedAt: null,
      endedAt: null,
      state: "queued",
      stage: null,
      cancellable: role === "source",
      options: request.options,
      stages: [],
      rounds: [],
      progress: null,
      blackout: null,
      guestBytes: 0,
      wireBytes: 0,
      differingPages: null,
      error: null,
    };
    return this.#keep(record);
  }

  #keep(record: MigrationRecord): RecordKeeper {
    const { publish } = this.#parts;
    return new RecordKeeper(
      record,
      { store: (changed) => this.#history.store(changed), publish },
      wallClockMs,
    );
  }

  /** Stops what runs: before the handover rolled back, after it left for the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new FerryError("cancelled", "The agent stops"));
    await Promise.allSettled([...this.#running.values()].map((running) => running.done));
    await this.#recovery[Symbol.asyncDispose]();
  }
}

function abandoned(name: string): FerryError {
  return new FerryError("cancelled", `The source gave up the move of VM "${name}"`);
}
