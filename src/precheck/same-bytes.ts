/** Whether both hosts reach the same directory: equal ids are a hint, the answered proof is the proof. Pure. */
import type { CheckInput } from "./check.ts";

/** What the source writes: whose proof it is, for when it does not live to remove it. */
export function proofText(host: string): string {
  return `written by ${host}`;
}

/** What the target adds to a proof it reads; the source finds it there if both reach the same bytes. */
export function proofAnswer(host: string): string {
  return `answered by ${host}`;
}

export function sameBytes({ source, target, answers }: CheckInput, pool: string): boolean {
  const here = source.pools[pool];
  const there = target.pools[pool];
  if (!here || !there || here.id !== there.id) return false;
  if (here.writeError !== null) return true; // nothing could be proved; pool-writable says why
  if (there.proof === null) return false;
  // A target that sees the file but may not write is pool-writable's finding, not ours.
  return there.writeError !== null || (answers[pool]?.includes(proofAnswer(target.host)) ?? false);
}
