/** Virtual switches: names for Linux bridges. */
import type { DatabaseSync } from "node:sqlite";

export interface Switch {
  readonly name: string;
  readonly bridge: string;
}

const pending = (): never => {
  throw new Error("not written yet");
};

export class Switches {
  constructor(_database: DatabaseSync) {}

  list(): Switch[] {
    return pending();
  }

  /** @throws FerryError `not-found`. */
  get(_name: string): Switch {
    return pending();
  }

  /** @throws FerryError `not-found` when the host has no such bridge, `already-exists`. */
  async add(_name: string, _bridge: string): Promise<Switch> {
    return pending();
  }

  /** Forgets the switch; the bridge stays. `usedBy`: names of VMs that use it. */
  remove(_name: string, _usedBy: readonly string[]): void {
    pending();
  }
}
