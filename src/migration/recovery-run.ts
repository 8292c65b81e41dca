/**
 * Settles what a migration left open: after a restart of the agent, after a live move that could not end by itself, after a person's
 * word. One loop a migration: look at both hosts, decide (recovery.ts), carry it out (recovery-steps.ts), look again, until nothing is left
 * to do. Every step may be repeated, and every failure only means that it is looked at again.
 */
import { setTimeout as wait } from "node:timers/promises";
import { errorChain } from "../base/errors.ts";
import { standingOf } from "./journal-record.ts";
import type { PeerStatus } from "./peer-link.ts";
import {
  type QemuState,
  type RecordHere,
  type Recovery,
  type RecoveryFacts,
  recordThere,
} from "./recovery-facts.ts";
import { decideRecovery } from "./recovery.ts";
import { openMigration, type OpenMigration, type RecoveryParts } from "./recovery-parts.ts";
import { RecoverySteps, type StepOutcome } from "./recovery-steps.ts";

/** The first look must not keep a paused guest waiting for a host that is gone. */
const lookMsMax = 2_000;
/** Between two looks while the other host is silent: a multiple of `takeRetryMs`. */
const slowdownMax = 8;

interface Settling {
  /** The source said *take* over the peer API: as good as its journal. */
  taken: boolean;
  wake: () => void;
  /** After the first decision has been carried out. */
  readonly first: PromiseWithResolvers<void>;
  /** Over, or a person is needed: then it goes on, and nobody waits for it. */
  readonly settled: PromiseWithResolvers<void>;
}

export class RecoveryRun implements AsyncDisposable {
  readonly #parts: RecoveryParts;
  readonly #steps: RecoverySteps;
  readonly #settling = new Map<string, { state: Settling; done: Promise<void> }>();

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
    this.#steps = new RecoverySteps(parts);
  }

  /** Settles what can be settled alone; returns while the rest goes on. */
  async start(): Promise<void> {
    await Promise.all(this.#parts.journal.open().map((id) => this.#begin(id).first.promise));
  }

  /** Resolves when the migration is over on this host, or waits for a person. */
  async settle(id: string): Promise<void> {
    await this.#begin(id).settled.promise;
  }

  /** Whether a migration is being settled: then a person's word is heard. */
  has(id: string): boolean {
    return this.#settling.has(id);
  }

  /** Something changed: look again now. */
  wake(id: string): void {
    this.#settling.get(id)?.state.wake();
  }

  /** The source said *take* over the peer API; resolves when the VM is taken. */
  async told(id: string): Promise<void> {
    const settling = this.#settling.get(id);
    if (settling === undefined) return;
    settling.state.taken = true;
    settling.state.wake();
    await settling.state.settled.promise;
  }

  #begin(id: string): Settling {
    const present = this.#settling.get(id);
    if (present !== undefined) {
      present.state.wake();
      return present.state;
    }
    const state: Settling = {
      taken: false,
      wake: () => {},
      first: Promise.withResolvers(),
      settled: Promise.withResolvers(),
    };
    const open = openMigration(this.#parts.journal.of(id), this.#parts.host);
    const done = (open === undefined ? Promise.resolve() : this.#loop(open, state)).finally(() => {
      this.#settling.delete(id);
      state.first.resolve();
      state.settled.resolve();
    });
    this.#settling.set(id, { state, done });
    return state;
  }

  async #loop(open: OpenMigration, state: Settling): Promise<void> {
    const { limits, stopping, log } = this.#parts;
    // A disowned host looks again although its journal is closed; nothing else opens it.
    const wasClosed = !this.#parts.journal.open().includes(open.id);
    let said = "";
    for (let idle = 0; !stopping.aborted; ) {
      let outcome: StepOutcome = "wait";
      let saying: string;
      try {
        const facts = await this.#look(open, state);
        const recovery = decideRecovery(facts);
        if (wasClosed && recovery.decision !== "give way") return;
        saying = recovery.decision;
        if (saying !== said) this.#say(open, facts, recovery);
        outcome = await this.#steps.carryOut(recovery, open, facts);
        const isForPerson = recovery.decision === "ask a person";
        // The VM is taken; with post-copy its last page may take long, and whoever said *take* has to send it.
        const isTaken = recovery.decision === "finish on target" && outcome === "wait";
        if (isForPerson || isTaken) state.settled.resolve();
      } catch (error) {
        if (stopping.aborted) return;
        saying = errorChain(error);
        if (saying !== said) log.error({ migration: open.id, reason: saying }, "cannot settle yet");
      }
      idle = saying === said ? Math.min(idle + 1, slowdownMax) : 0;
      said = saying;
      if (outcome === "over") return;
      if (outcome === "wait") {
        state.first.resolve();
        await this.#pause(state, limits.takeRetryMs * Math.max(1, idle));
      }
    }
  }

  #say(open: OpenMigration, facts: RecoveryFacts, recovery: Recovery): void {
    this.#parts.log.warn(
      { migration: open.id, ...facts, decision: recovery.decision, why: recovery.why },
      "an open migration is settled",
    );
  }

  async #pause(state: Settling, ms: number): Promise<void> {
    const waking = new AbortController();
    state.wake = () => waking.abort();
    const signal = AbortSignal.any([waking.signal, this.#parts.stopping]);
    await wait(ms, undefined, { signal }).catch(() => undefined); // woken, or the agent stops
    state.wake = () => {};
  }

  async #look(open: OpenMigration, state: Settling): Promise<RecoveryFacts> {
    const { journal, owners } = this.#parts;
    const here = standingOf(journal.of(open.id)) ?? "discarded";
    const [status, owner, qemuHere] = await Promise.all([
      this.#askPeer(open),
      owners.owner(open),
      this.#qemuHere(open.vm, here),
    ]);
    // What the source said counts until it is known to have said something newer.
    const isTold = state.taken && (status === undefined || status.last === "begun");
    return {
      ...{ here, qemuHere, owner },
      there: isTold ? "handed-over" : status === undefined ? "silent" : recordThere(status.last),
      qemuThere: (isTold ? undefined : status?.qemu) ?? "unknown",
    };
  }

  /**
   * A skeleton that does not answer has not loaded everything, or the journal would say *ready*: some wait for good on a channel whose agent
   * died. Of every other QEMU only its own word counts.
   */
  async #qemuHere(vm: string, here: RecordHere): Promise<QemuState> {
    try {
      return await this.#parts.vms.qemuState(vm);
    } catch (error) {
      if (here === "accepted" || here === "making") return "incoming";
      throw error;
    }
  }

  /** Undefined when it does not answer in time. */
  async #askPeer({ peer, id }: OpenMigration): Promise<PeerStatus | undefined> {
    const late = new AbortController();
    const { stopping, peers } = this.#parts;
    const deadline = wait(lookMsMax, undefined, {
      signal: AbortSignal.any([late.signal, stopping]),
    }).catch(() => undefined);
    const asked = peers.status(peer, id).catch(() => undefined);
    const status = await Promise.race([asked, deadline]);
    late.abort();
    return status ?? undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#settling.values()].map(({ done }) => done));
  }
}
