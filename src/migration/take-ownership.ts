/**
 * The target becomes the owner: first durably, then the guest runs. The same for a *take* over the session, over the peer
 * API and after a restart of the agent.
 */
import type { DatabaseSync } from "node:sqlite";
import { wallClockMs } from "../base/clock.ts";
import { becomeOwner } from "../vm/registry.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import { Faults } from "./faults.ts";
import type { Journal } from "./journal.ts";
import { writeDown } from "./write-down.ts";

export interface TakenMove {
  readonly id: string;
  readonly generation: number;
  readonly definition: { readonly id: string };
  readonly run: boolean;
  readonly journal: Journal;
  readonly vms: LocalVms;
  /** Absent where nothing is rehearsed. */
  readonly faults?: Faults;
}

/**
 * `durable` is called once it is. Answers how long it took until the guest ran, in milliseconds. A VM whose QEMU is gone is taken all the same:
 * it is this host's to start.
 */
export async function takeOwnership(
  move: TakenMove,
  durable: () => void = () => {},
): Promise<number> {
  const begunAt = wallClockMs();
  const generation = move.generation + 1;
  const together = (database: DatabaseSync): void =>
    becomeOwner(database, move.definition.id, generation);
  const { faults = new Faults(false) } = move;
  await writeDown(
    { ...move, faults },
    "target",
    { kind: "owner", generation },
    { together, durable },
  );
  move.vms.refresh(move.definition.id);
  await faults.reach("target:resume:inside");
  const lives = move.vms.process(move.definition.id) !== undefined;
  if (move.run && lives) await move.vms.resumeOwned(move.definition.id);
  else move.vms.takeOverLocks(move.definition.id);
  return wallClockMs() - begunAt;
}
