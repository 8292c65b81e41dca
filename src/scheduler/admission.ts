/**
 * Whether a move may start now, as one host judges for one direction: moves that leave it, or moves that come to it. A move
 * starts when both its hosts say so. The same pass serves a source's queue and a target's line of askers. Pure.
 */
import type { HostSettings } from "./settings.ts";

/** What a move takes of a host: a slot, and a storage slot too when it copies disks. */
export interface Claim {
  readonly id: string;
  readonly copiesDisks: boolean;
}

export interface SlotsInUse {
  readonly moves: number;
  readonly storageMoves: number;
}

export type SlotLimits = Pick<HostSettings, "simultaneousMovesMax" | "simultaneousStorageMovesMax">;

export type Admission = { readonly kind: "start" } | Wait;

export interface Wait {
  readonly kind: "wait";
  readonly scarce: "slot" | "storage slot";
  readonly inUse: number;
  readonly max: number;
  /** 1: next. */
  readonly position: number;
}

export const noSlots: SlotsInUse = { moves: 0, storageMoves: 0 };

export function countSlots(claims: Iterable<Claim>): SlotsInUse {
  let inUse = noSlots;
  for (const claim of claims) inUse = taken(inUse, claim);
  return inUse;
}

/**
 * Goes down the line, the first first: whoever fits starts and takes its slots. One that waits for a storage slot does not
 * hold up those behind it that need none.
 */
export function admitInOrder(
  line: readonly Claim[],
  inUse: SlotsInUse,
  limits: SlotLimits,
): ReadonlyMap<string, Admission> {
  const admissions = new Map<string, Admission>();
  let present = inUse;
  let waiting = 0;
  for (const claim of line) {
    const scarce = scarcity(claim, present, limits);
    if (scarce === undefined) {
      admissions.set(claim.id, { kind: "start" });
      present = taken(present, claim);
    } else {
      waiting += 1;
      admissions.set(claim.id, { kind: "wait", ...scarce, position: waiting });
    }
  }
  return admissions;
}

/** `waits for a free slot on host-b, 2 of 2 in use, next`. */
export function waitingText(host: string, wait: Wait): string {
  const { scarce, inUse, max, position } = wait;
  return `waits for a free ${scarce} on ${host}, ${inUse} of ${max} in use, ${placeInLine(position)}`;
}

/** `next`, `2nd in line`. */
export function placeInLine(position: number): string {
  if (position <= 1) return "next";
  const teen = position % 100 >= 11 && position % 100 <= 13;
  const ending = teen ? "th" : (["th", "st", "nd", "rd"][position % 10] ?? "th");
  return `${position}${ending} in line`;
}

function scarcity(
  claim: Claim,
  { moves, storageMoves }: SlotsInUse,
  { simultaneousMovesMax, simultaneousStorageMovesMax }: SlotLimits,
): Pick<Wait, "scarce" | "inUse" | "max"> | undefined {
  if (moves >= simultaneousMovesMax) {
    return { scarce: "slot", inUse: moves, max: simultaneousMovesMax };
  }
  if (claim.copiesDisks && storageMoves >= simultaneousStorageMovesMax) {
    return { scarce: "storage slot", inUse: storageMoves, max: simultaneousStorageMovesMax };
  }
  return undefined;
}

function taken({ moves, storageMoves }: SlotsInUse, { copiesDisks }: Claim): SlotsInUse {
  return { moves: moves + 1, storageMoves: storageMoves + (copiesDisks ? 1 : 0) };
}
