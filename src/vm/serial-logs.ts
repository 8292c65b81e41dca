/** The serial ports of this host's guests, listened to from the moment their process is there. */
import { vmSockets } from "../qemu/sockets.ts";
import type { VmDefinition } from "./definition.ts";
import { type SerialBeginning, SerialLog } from "./serial-log.ts";

export class SerialLogs implements Disposable {
  /** By the VM's id. */
  readonly #logs = new Map<string, SerialLog>();

  /** A process of the VM is there. `runState`: what QEMU says of it. */
  follow(definition: VmDefinition, directory: string, runState: string): void {
    this.#logs.get(definition.id)?.close();
    this.#logs.delete(definition.id);
    if (!definition.serial) return;
    const log = new SerialLog(vmSockets(directory).serial, beginning(runState));
    this.#logs.set(definition.id, log);
  }

  /** The log of a VM's present or last process here; undefined when there was none, or it has no port. */
  find(id: string): SerialLog | undefined {
    return this.#logs.get(id);
  }

  [Symbol.dispose](): void {
    for (const log of this.#logs.values()) log.close();
    this.#logs.clear();
  }
}

function beginning(runState: string): SerialBeginning {
  if (runState === "prelaunch") return "at the start";
  return runState === "inmigrate" ? "on arrival" : "in the middle";
}
