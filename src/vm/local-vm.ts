/** One VM of this host in memory: its row, its process if one lives, and what is being done to it. */
import { FerryError } from "../base/errors.ts";
import type { QemuProcess } from "../qemu/process.ts";
import type { UrgentMonitor } from "../qemu/urgent-monitor.ts";
import type { VmRow } from "./registry.ts";
import type { StorageMoveFollowed } from "./storage-move-followed.ts";
import type { VmRecord } from "./vm-host.ts";
import { vmState } from "./vm-state.ts";

export class LocalVm {
  row: VmRow;
  process: QemuProcess | undefined;
  /** QEMU obeys here though it does not answer; undefined where it has no such monitor. */
  urgent: UrgentMonitor | undefined;
  /** A process of it lives, and does not answer yet: its main loop waits for pages of a post-copy (adopt.ts). */
  isSilent = false;
  /** QEMU's run state as its events tell it; null without a process. */
  runState: string | null = null;
  /** The operation under way, such as `start`: one at a time. */
  operation: string | null = null;

  /** The latest move of its disks to other pools of this host, since the agent started. */
  storageMove: StorageMoveFollowed | undefined;

  /** The agent itself is ending the process: its exit is no crash. */
  isEnding = false;

  constructor(row: VmRow) {
    this.row = row;
  }

  get id(): string {
    return this.row.definition.id;
  }

  get name(): string {
    return this.row.definition.name;
  }

  get record(): VmRecord {
    const { definition, ownership, generation, migration, createdAt } = this.row;
    const state = vmState({
      ownership,
      isStarting: this.operation === "start",
      runState: this.runState,
      expectsProcess: this.row.process !== null,
    });
    const storageMove = this.storageMove?.record ?? null;
    return { definition, ownership, generation, state, migration, createdAt, storageMove };
  }

  /** Runs one operation; a second one at the same time is refused. @throws FerryError `busy`. */
  async exclusively<Result>(operation: string, body: () => Promise<Result>): Promise<Result> {
    if (this.operation !== null) {
      throw new FerryError(
        "busy",
        `Cannot ${operation} VM "${this.name}": ${this.operation} is under way`,
        {
          remedy: "Wait until it is done, then try again",
        },
      );
    }
    this.operation = operation;
    try {
      return await body();
    } finally {
      this.operation = null;
    }
  }
}

/** @throws FerryError `conflict` when the VM has none that answers. */
export function requireProcess(vm: LocalVm): QemuProcess {
  if (vm.process !== undefined) return vm.process;
  throw new FerryError("conflict", `Cannot ask QEMU of VM "${vm.name}": no process of it answers`, {
    remedy: `Start it: ferry vm start ${vm.name}`,
  });
}
