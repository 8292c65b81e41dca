/** Tells the switches where MAC addresses are now. */
import type { Log } from "../base/log.ts";
import type { VmDefinition } from "../vm/definition.ts";
import type { VmProcess } from "../vm/vm-host.ts";
import type { Switches } from "./switches.ts";

/**
 * Network-cleanup, target: QEMU's `announce-self` and the host's own RARP frames into each NIC's bridge, repeated.
 * Resolves after the first round of both; the repetitions go on by themselves. A failure is logged, not thrown: the
 * guest's own traffic repairs what an announcement would have.
 */
export async function announce(
  _definition: VmDefinition,
  _process: VmProcess,
  _switches: Switches,
  _log: Log,
): Promise<void> {
  throw new Error("not written yet");
}
