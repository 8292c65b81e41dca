/** A host's VMs as a table in memory: of what an agent's VMs can do, what the cluster and the lists ask for. */
import type { VmDefinition } from "../../src/vm/definition.ts";
import type { LocalVms } from "../../src/vm/local-vms.ts";
import type { VmRecord } from "../../src/vm/vm-host.ts";

export class SimulatedVms {
  readonly #records = new Map<string, VmRecord>();
  readonly #listeners = new Set<(change: unknown) => void>();

  list(): VmRecord[] {
    return [...this.#records.values()];
  }

  has(id: string): boolean {
    return this.#records.has(id);
  }

  add(definition: VmDefinition, generation: number): void {
    this.#records.set(definition.id, {
      ...{ definition, generation, ownership: "owner", state: "running" },
      ...{ migration: null, createdAt: 0, storageMove: null },
    });
  }

  asLocalVms(): LocalVms {
    const vms = {
      list: () => this.list(),
      find: (id: string) => this.#records.get(id),
      get: (id: string) => this.#records.get(id),
      onChange: (listener: (change: unknown) => void) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      takeGiven: async (definition: VmDefinition, generation: number) => {
        this.add(definition, generation);
        this.#changed(definition.id);
      },
      start: async (id: string) => this.#changed(id),
      destroyCopy: async (id: string) => {
        this.#records.delete(id);
        this.#changed(id);
      },
    };
    return vms as unknown as LocalVms;
  }

  #changed(id: string): void {
    const record = this.#records.get(id) ?? null;
    for (const listener of this.#listeners) listener({ kind: "changed", id, record });
  }
}
