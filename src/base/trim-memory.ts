/**
 * Gives the kernel back what nobody uses. glibc keeps what was freed in the arena of the thread that had it, and the threads of a
 * session have a lot for a short time: an agent that has moved a few VMs held a hundred MB for nothing (docs/decisions/0164).
 */

/** Of the whole process, some milliseconds to tens of them: not for the main thread. Does nothing where there is no FFI, or no glibc. */
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
