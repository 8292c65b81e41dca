/** Begins, follows and ends moves of VMs' disks to other pools (move-storage.ts), one at a time for each VM. */
import { FerryError } from "../base/errors.ts";
import { requireAllowed } from "./lifecycle.ts";
import { moveStorage, type StorageChoice } from "./move-storage.ts";
import { lockImagesBehind } from "./image-locks.ts";
import type { VmRecord } from "./vm-host.ts";
import type { VmTable } from "./vm-table.ts";

export class StorageMoving {
  readonly #table: VmTable;

  constructor(table: VmTable) {
    this.#table = table;
  }

  /** Whether the VM runs or not; resolves when the disks are there. Its end is in the record once the VM is free again. */
  async run(
    nameOrId: string,
    choice: StorageChoice,
    begun: () => void = () => undefined,
  ): Promise<VmRecord> {
    const vm = this.#table.get(nameOrId);
    requireAllowed(vm.record, "move-storage");
    const before = vm.storageMove;
    try {
      await this.#table.operate(vm, "move-storage", async () => {
        await moveStorage(this.#table, vm, choice, begun);
        lockImagesBehind(this.#table, vm);
      });
      vm.storageMove?.ended(undefined);
      return vm.record;
    } catch (error) {
      if (vm.storageMove !== before) vm.storageMove?.ended(FerryError.from(error));
      throw error;
    }
  }

  /** Resolves once nothing more stands in the way; the VM's record tells how far it is, and how it ended. */
  async begin(nameOrId: string, choice: StorageChoice): Promise<VmRecord> {
    const begun = Promise.withResolvers<void>();
    const over = this.run(nameOrId, choice, begun.resolve);
    // After it has begun its failure is in the record.
    over.catch(() => undefined);
    await Promise.race([begun.promise, over]);
    return this.#table.get(nameOrId).record;
  }

  /** Disks that are there stay there, the others stay where they are. @throws FerryError `not-cancellable`. */
  cancel(nameOrId: string): VmRecord {
    const vm = this.#table.get(nameOrId);
    if (vm.storageMove === undefined) {
      throw new FerryError(
        "not-cancellable",
        `Cannot cancel moving the disks of VM "${vm.name}": none is under way`,
      );
    }
    vm.storageMove.cancel();
    return vm.record;
  }
}
