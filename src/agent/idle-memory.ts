/**
 * An agent that was asked a lot, such as for lists of a large domain, holds what that took: V8 collects only when it wants more, and glibc keeps what was
 * freed. Now and then, while no VM moves, it is given back; sessions do so for themselves (src/session/worker.ts, docs/decisions/0164).
 */
import { collectGarbage, trimMemory } from "../base/trim-memory.ts";
import type { LocalVms } from "../vm/local-vms.ts";

const everyMs = 15_000;
/** Worth a pause of the main thread of some tens of milliseconds. */
const growthBytesMin = 12 * 2 ** 20;
/** What made the agent grow may be in use for a while: connections to two hundred hosts are, until they have been idle for long enough. */
const looksAfterGrowth = 8;

/** Ends when it is disposed of. The first time comes a while after the start, which leaves more than anything else. */
export function giveBackIdleMemory(vms: Pick<LocalVms, "list">): Disposable {
  let leastBytes = 0;
  let looksLeft = 0;
  const look = async (): Promise<void> => {
    if (process.memoryUsage.rss() >= leastBytes + growthBytesMin) looksLeft = looksAfterGrowth;
    const isMoving = vms.list().some(({ migration }) => migration !== null);
    if (isMoving || looksLeft === 0) return;
    looksLeft -= 1;
    // The last time: nothing more is expected to go.
    collectGarbage(looksLeft === 0);
    await trimMemory();
    leastBytes = process.memoryUsage.rss();
  };
  const timer = setInterval(() => void look(), everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
