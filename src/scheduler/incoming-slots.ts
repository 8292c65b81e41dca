/**
 * A target's slots for moves that come to it: granted to those who ask, in a fair order, and held only while they are used.
 * A grant is a lease: it turns into the move that opens its session, and lapses when none does, so that a source that
 * disappears holds nothing. See docs/decisions/0030-slots-for-moves.md.
 */
import { FerryError } from "../base/errors.ts";
import { formatBytes } from "../base/format.ts";
import { admitInOrder, countSlots, type SlotLimits, waitingText } from "./admission.ts";
import { inFairOrder, type SourceStanding } from "./line-order.ts";
import type { SlotAnswer, SlotRequest } from "./slot-messages.ts";

/** From the grant to a session that is set up: a source that takes longer has died on the way. */
const leaseMs = 45_000;
/** Askers come back every second; one that has not for so long waits no more. */
const waitingMs = 3_000;
/** Sources ask for the first of their queue for each target; more askers than this are a fault. */
const askersMax = 1_000;

export interface IncomingSlotsParts {
  readonly host: string;
  readonly limits: () => SlotLimits;
  /** Why no move may come here now, as a sentence's end such as "it is drained"; null when it may. */
  readonly closed: () => string | null;
  /** How a migration towards this host stands. */
  readonly progressOf: (migrationId: string) => "unknown" | "running" | "ended";
  /** Migrations towards this host that run, leased or not. */
  readonly running: () => readonly Holder[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A move that has a slot. */
interface Holder {
  readonly id: string;
  /** The host's id, or its name for a move without a lease. */
  readonly source: string;
  readonly copiesDisks: boolean;
}

interface Lease extends Holder {
  readonly memoryBytes: number;
  readonly expiresAt: number;
}

interface Asker {
  readonly id: string;
  readonly source: string;
  readonly copiesDisks: boolean;
  readonly priority: SlotRequest["priority"];
  readonly askedAt: number;
  readonly expiresAt: number;
}

export class IncomingSlots {
  readonly #parts: IncomingSlotsParts;
  readonly #leases = new Map<string, Lease>();
  readonly #askers = new Map<string, Asker>();
  readonly #grantedAt = new Map<string, number>();

  constructor(parts: IncomingSlotsParts) {
    this.#parts = parts;
  }

  /**
   * `memoryFreeBytes`: what this host has for VMs that come, beside those under way.
   * @throws FerryError `conflict` when no move may come to this host, `no-space` when the VM does not fit.
   */
  ask(request: SlotRequest, source: string, memoryFreeBytes: number): SlotAnswer {
    this.#refuseWhenClosed(request.vmName);
    this.#forgetGone();
    const { migrationId: id, copiesDisks, priority } = request;
    const now = this.#parts.now();
    const lease = this.#leases.get(id);
    if (lease?.source === source) {
      this.#leases.set(id, { ...lease, expiresAt: now + leaseMs });
      return { outcome: "granted" };
    }
    if (this.#askers.size >= askersMax && !this.#askers.has(id)) throw tooMany(this.#parts.host);
    const askedAt = this.#askers.get(id)?.askedAt ?? now;
    const asker = { id, source, copiesDisks, priority, askedAt, expiresAt: now + waitingMs };
    this.#askers.set(id, asker);
    const line = inFairOrder([...this.#askers.values()], (name) => this.#standing(name));
    const admission = admitInOrder(line, countSlots(this.#holders()), this.#parts.limits()).get(id);
    if (admission?.kind === "wait") {
      return { outcome: "wait", reason: waitingText(this.#parts.host, admission) };
    }
    const { memoryBytes } = request;
    this.#requireMemory(request, memoryFreeBytes);
    this.#grant({ id, source, copiesDisks, memoryBytes, expiresAt: now + leaseMs });
    return { outcome: "granted" };
  }

  /** The source wants it no more; does nothing to another source's. */
  release(migrationId: string, source: string): void {
    if (this.#leases.get(migrationId)?.source === source) this.#leases.delete(migrationId);
    if (this.#askers.get(migrationId)?.source === source) this.#askers.delete(migrationId);
  }

  /**
   * A session for this migration opens. Whoever holds no lease, since this agent was restarted or the source asks for none,
   * gets a slot if one is free.
   * @throws FerryError `busy`, `conflict`.
   */
  claim(migrationId: string, vmName: string, source: string): void {
    const unknown = { priority: "normal", copiesDisks: false, memoryBytes: 0 } as const;
    const answer = this.ask({ migrationId, vmName, ...unknown }, source, 0);
    if (answer.outcome === "granted") return;
    this.release(migrationId, source);
    throw new FerryError("busy", `Cannot take VM "${vmName}": the move ${answer.reason}`, {
      remedy: `Move it again when fewer moves go to "${this.#parts.host}", or allow more: ferry host set`,
    });
  }

  /** Slots in use now. */
  inUse(): { readonly moves: number; readonly storageMoves: number } {
    this.#forgetGone();
    return countSlots(this.#holders());
  }

  /** Two moves that are checked one after the other and begin together must not both count on the same memory. */
  #requireMemory({ migrationId, vmName, memoryBytes }: SlotRequest, free: number): void {
    const promised = [...this.#leases.values()]
      .filter(({ id }) => this.#parts.progressOf(id) === "unknown")
      .reduce((sum, lease) => sum + lease.memoryBytes, 0);
    if (memoryBytes <= free - promised) return;
    this.#askers.delete(migrationId);
    const { host } = this.#parts;
    const present = `${formatBytes(Math.max(0, free - promised))} of memory is left there`;
    const beside = promised === 0 ? "" : ` beside moves that are about to begin`;
    throw new FerryError(
      "no-space",
      `Cannot move VM "${vmName}" to "${host}": ${present}${beside}, it needs ${formatBytes(memoryBytes)}`,
      { remedy: `Choose another host, or stop or move VMs of "${host}" first` },
    );
  }

  #grant(lease: Lease): void {
    this.#askers.delete(lease.id);
    this.#leases.set(lease.id, lease);
    this.#grantedAt.set(lease.source, this.#parts.now());
  }

  #standing(source: string): SourceStanding {
    const inUse = this.#holders().filter((holder) => holder.source === source).length;
    return { inUse, grantedAt: this.#grantedAt.get(source) ?? 0 };
  }

  /** Leases, and moves that run without one. */
  #holders(): Holder[] {
    const unleased = this.#parts.running().filter(({ id }) => !this.#leases.has(id));
    return [...this.#leases.values(), ...unleased];
  }

  #forgetGone(): void {
    const { now, progressOf } = this.#parts;
    for (const [id, { expiresAt }] of this.#leases) {
      const progress = progressOf(id);
      const lapsed = progress === "unknown" && expiresAt <= now();
      if (progress === "ended" || lapsed) this.#leases.delete(id);
    }
    for (const [id, { expiresAt }] of this.#askers) {
      if (expiresAt <= now()) this.#askers.delete(id);
    }
  }

  #refuseWhenClosed(vmName: string): void {
    const { host, closed } = this.#parts;
    const reason = closed();
    if (reason === null) return;
    throw new FerryError("conflict", `Cannot move VM "${vmName}" to "${host}": ${reason}`, {
      remedy: `Choose another host, or let moves come to "${host}" again: ferry host resume ${host}, ferry host set ${host}`,
    });
  }
}

function tooMany(host: string): FerryError {
  return new FerryError(
    "no-space",
    `Cannot wait for a slot on "${host}": ${askersMax} moves wait already`,
  );
}
