/**
 * The target becomes the owner: first durably, then the guest runs. The same for a *take* over the session, over the peer
 * API and after a restart of the agent.
 */
import { wallClockMs } from "../base/clock.ts";
import { becomeOwner } from "../vm/registry.ts";
import type { Journal } from "./journal.ts";
import type { LocalVms } from "../vm/local-vms.ts";

export interface TakenMove {
  readonly id: string;
  readonly generation: number;
  readonly definition: { readonly id: string };
  readonly run: boolean;
  readonly journal: Journal;
  readonly vms: LocalVms;
}

/** `owned` is called once it is durable. Answers how long it took until the guest ran, in milliseconds. */
export async function takeOwnership(move: TakenMove, owned: () => void): Promise<number> {
  const begunAt = wallClockMs();
  const generation = move.generation + 1;
  move.journal.append(move.id, { kind: "owner", generation }, (database) =>
    becomeOwner(database, move.definition.id, generation),
  );
  owned();
  move.vms.refresh(move.definition.id);
  if (move.run) await move.vms.resumeOwned(move.definition.id);
  return wallClockMs() - begunAt;
}
