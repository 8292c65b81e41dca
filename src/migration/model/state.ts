/**
 * The world of the model: two agents with a journal each, two QEMUs, and the messages between them. Pure. Small on purpose, so that every
 * state that faults can lead to can be visited (explore.ts).
 */
import type { QemuState, QemuStateThere, RecordHere, RecordThere } from "../recovery-facts.ts";

/** Where an agent stands in what it does; nothing of it survives the agent. */
export type Phase =
  | "down"
  | "idle"
  | "done"
  // the live move, source
  | "sending"
  | "stopped"
  | "sealed"
  | "handed"
  | "awaiting"
  | "cleaning"
  | "undoing"
  // the live move, target
  | "preparing"
  | "loading"
  | "loaded"
  | "ready"
  | "owning"
  | "ending"
  // recovery
  | "looking"
  | "deciding";

export interface Side {
  readonly phase: Phase;
  readonly qemu: QemuState;
  /** Source: QEMU has had its SHUT: nothing but an agent lets it run now (docs/decisions/0010). */
  readonly sealed: boolean;
  readonly journal: RecordHere | null;
  readonly closed: boolean;
  /** What was last heard of the other host, perhaps outdated by now. */
  readonly seen: { readonly there: RecordThere; readonly qemu: QemuStateThere } | null;
}

/** What may still arrive: once, more than once, late, in any order, or never. */
export type Message = "ready" | "take" | "taken" | "off";

export interface World {
  readonly source: Side;
  readonly target: Side;
  /** On the way, with whom they are for. */
  readonly messages: readonly Message[];
  /** Faults that may still happen. */
  readonly faults: number;
  /** Persons' words that may still be given. */
  readonly words: number;
}

export type Role = "source" | "target";

const fresh = { sealed: false, journal: null, closed: false, seen: null } as const;

/** A running guest on the source, and a budget of what may go wrong. */
export function firstWorld(faults: number, words: number): World {
  return {
    source: { ...fresh, phase: "sending", qemu: "running", journal: "begun" },
    target: { ...fresh, phase: "idle", qemu: "none" },
    messages: [],
    faults,
    words,
  };
}

export function other(role: Role): Role {
  return role === "source" ? "target" : "source";
}

/** One side changed. */
export function put(world: World, role: Role, change: Partial<Side>): World {
  const side = { ...world[role], ...change };
  return role === "source" ? { ...world, source: side } : { ...world, target: side };
}

export function send(world: World, message: Message): World {
  if (world.messages.includes(message)) return world;
  return { ...world, messages: [...world.messages, message].toSorted() };
}

const addressees: Readonly<Record<Message, Role>> = {
  ready: "source",
  taken: "source",
  take: "target",
  off: "target",
};

/** What is on its way to an agent that dies dies with its connections. */
export function dropFor(world: World, role: Role): World {
  return { ...world, messages: world.messages.filter((each) => addressees[each] !== role) };
}

export function keyOf({ source, target, messages, faults, words }: World): string {
  const side = (each: Side): string =>
    [
      each.phase,
      each.qemu,
      each.sealed,
      each.journal,
      each.closed,
      each.seen?.there,
      each.seen?.qemu,
    ].join(",");
  return [side(source), side(target), messages.join("+"), faults, words].join("|");
}
