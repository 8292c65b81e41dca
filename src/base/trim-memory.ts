/**
 * Gives the kernel back what nobody uses. glibc keeps what was freed in the arena of the thread that had it, and the threads of a
 * session have a lot for a short time: an agent that has moved a few VMs held a hundred MB for nothing (docs/decisions/0164).
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Of V8's own function what is used here. */
type Collect = (how?: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;

let collect: Collect | undefined;

/**
 * Of this thread's JavaScript: what nobody refers to, and the buffers that it holds. Tens of milliseconds. V8 does so by itself only
 * when more is wanted, which in a thread that waits is never. (The inspector's command for it stops a worker for good, Node 26.10.)
 * @param closesGaps moves together what is left, too: twice as long, and what V8 compiled a while ago has to be compiled again
 */
export function collectGarbage(closesGaps = false): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as Collect;
  }
  if (closesGaps) collect({ type: "major", execution: "sync", flavor: "last-resort" });
  else collect();
}

/** Of the whole process, some milliseconds to tens of them: nothing may wait for the thread. Does nothing where there is no FFI, or no glibc. */
export async function trimMemory(): Promise<void> {
  try {
    const { dlopen } = await import("node:ffi");
    const { malloc_trim: trim } = dlopen(null, {
      malloc_trim: { return: "i32", arguments: ["u64"] },
    }).functions;
    trim(0n);
  } catch {
    // It only holds more than it needs.
  }
}
