/**
 * Whom the kernel lets run first where processors are short. The agent answers for guests that stand still, links that must not fall
 * idle and leases that run out, and needs little: it goes before guests. What it starts does not (docs/decisions/0163).
 */
import { stat } from "node:fs/promises";
import { setPriority } from "node:os";

/** Nice values: that of everything else on a host, and one that gets ten times its share and is woken at once. */
const ordinary = 0;
const first = -10;

let goesFirst = false;

/**
 * From now on this process goes first, with the threads it makes. Those of the pool, which compress and hash, are there before,
 * and stay what they are: compression may not take the guests' processors.
 *
 * @returns whether it does; who is not root may not
 */
export async function goFirst(): Promise<boolean> {
  await stat("/"); // the pool makes all of its threads for the first that it is asked
  try {
    setPriority(first);
    goesFirst = true;
  } catch {
    // It goes on as before.
  }
  return goesFirst;
}

/** Starts a program that does not go first: it has the priority that its parent had when it was made. */
export function atOrdinaryPriority<Child>(start: () => Child): Child {
  if (!goesFirst) return start();
  setPriority(ordinary);
  try {
    return start();
  } finally {
    setPriority(first);
  }
}
