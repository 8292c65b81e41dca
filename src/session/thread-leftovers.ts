/** Whether a session that is over has left anything open in its thread. */

/** The thread's own: how it hears of its next session. And what asks. */
const own: ReadonlySet<string> = new Set(["MessagePort", "Timeout", "Immediate"]);

/** Sockets, listeners, files or requests of the kernel that are still there; timers say nothing, since whoever asks may have one. */
export function isAnythingLeft(): boolean {
  return process.getActiveResourcesInfo().some((kind) => !own.has(kind));
}
