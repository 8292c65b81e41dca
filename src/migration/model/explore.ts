/** Visits every state that a budget of faults can lead to, and says what is wrong in any of them. Pure. */
import { faultSteps, restartSteps, selfResume, wordSteps } from "./breaking.ts";
import { liveSteps, type Step } from "./live.ts";
import { decideRecovery } from "../recovery.ts";
import { type Decide, recoverySteps, waitsForPerson } from "./recovering.ts";
import { keyOf, type Side, type World } from "./state.ts";

/** Everything that can happen next. */
export function allSteps(world: World, decide: Decide = decideRecovery): Step[] {
  return [...faultSteps(world), ...wordSteps(world), ...repairSteps(world, decide)];
}

/** Everything that happens when nothing more breaks. */
export function repairSteps(world: World, decide: Decide = decideRecovery): Step[] {
  return [
    ...restartSteps(world),
    ...selfResume(world),
    ...liveSteps(world),
    ...recoverySteps(world, decide),
  ];
}

/** What must hold in every state; undefined when it does. */
export function violation({ source, target }: World): string | undefined {
  if (source.qemu === "running" && target.qemu === "running") return "two copies run";
  const [ours, theirs] = [generationAt(source), generationAt(target)];
  if (ours !== undefined && ours === theirs) return "two owners of one generation";
  const isOnItsWay = source.journal === "handed-over" && target.journal === "ready";
  if (ours === undefined && theirs === undefined && !isOnItsWay) return "nobody owns the VM";
  const destroyed = source.qemu === "none" && source.journal === "discarded";
  if (destroyed && theirs === undefined) return "the source's copy was destroyed for nobody";
  return undefined;
}

/** The generation in which a host owns the VM, by its journal; undefined: it does not. */
function generationAt({ journal }: Side): number | undefined {
  switch (journal) {
    case "begun":
    case "rolled-back":
      return 1;
    case "owner":
      return 2;
    case "reclaimed":
    case "claimed":
      return 3;
    default:
      return undefined;
  }
}

/** Nothing is left to do: one host has the VM, the other has nothing of it, both journals are closed. */
export function isSettled({ source, target }: World): boolean {
  const isKept =
    (source.journal === "rolled-back" || source.journal === "reclaimed") &&
    source.closed &&
    source.qemu !== "paused" &&
    (target.journal === null || (target.journal === "discarded" && target.closed)) &&
    target.qemu === "none";
  const isMoved =
    (target.journal === "owner" || target.journal === "claimed") &&
    target.closed &&
    target.qemu !== "paused" &&
    (source.journal === "taken" || source.journal === "discarded") &&
    source.closed &&
    source.qemu === "none";
  return isKept || isMoved;
}

export interface Exploration {
  readonly states: number;
  readonly steps: number;
  /** The way to the first state that violates something; undefined: there is none. */
  readonly bad: { readonly why: string; readonly path: readonly string[] } | undefined;
  /** The way to the first state from which no repair settles; undefined: there is none. */
  readonly stuck: readonly string[] | undefined;
}

interface Visited {
  readonly world: World;
  readonly from: string | undefined;
  readonly by: string;
}

/** `decide`: another table than the product's, to see that a wrong one is found out. */
export function explore(first: World, decide: Decide = decideRecovery): Exploration {
  const visited = new Map<string, Visited>([
    [keyOf(first), { world: first, from: undefined, by: "" }],
  ]);
  const backwards = new Map<string, string[]>();
  let steps = 0;
  // A map goes on with what is added to it: this is a breadth-first queue.
  for (const [key, { world }] of visited) {
    const why = violation(world);
    if (why !== undefined) {
      return {
        states: visited.size,
        steps,
        bad: { why, path: pathTo(visited, key) },
        stuck: undefined,
      };
    }
    const repairs = new Set(repairSteps(world, decide).map(({ next }) => keyOf(next)));
    for (const { name, next } of allSteps(world, decide)) {
      steps++;
      const nextKey = keyOf(next);
      if (!visited.has(nextKey)) visited.set(nextKey, { world: next, from: key, by: name });
      if (!repairs.has(nextKey)) continue;
      const before = backwards.get(nextKey);
      if (before === undefined) backwards.set(nextKey, [key]);
      else before.push(key);
    }
  }
  return { states: visited.size, steps, bad: undefined, stuck: findStuck(visited, backwards) };
}

function findStuck(
  visited: ReadonlyMap<string, Visited>,
  backwards: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const good = new Set<string>();
  const waiting = [...visited].filter(([, { world }]) => isEnd(world)).map(([key]) => key);
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    if (good.has(key)) continue;
    good.add(key);
    waiting.push(...(backwards.get(key) ?? []));
  }
  const lost = [...visited.keys()].find((key) => !good.has(key));
  return lost === undefined ? undefined : pathTo(visited, lost);
}

/** A decision that can be made is not left open; what only a person can decide may be. */
function isEnd(world: World): boolean {
  if (isSettled(world)) return true;
  return waitsForPerson(world, "source") || waitsForPerson(world, "target");
}

function pathTo(visited: ReadonlyMap<string, Visited>, key: string): string[] {
  const path: string[] = [];
  for (let at = visited.get(key); at !== undefined; ) {
    if (at.by !== "") path.unshift(at.by);
    at = at.from === undefined ? undefined : visited.get(at.from);
  }
  return path;
}
