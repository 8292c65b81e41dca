/** Whether this host is drained, and what was planned for its VMs; in the database, so that a restart changes nothing. */
import type { DatabaseSync } from "node:sqlite";
import Type from "typebox";
import { KeptState } from "./kept-state.ts";

const Vm = Type.Object({ id: Type.String(), name: Type.String() });

export const DrainState = Type.Object({
  /** Milliseconds since the epoch. */
  since: Type.Number(),
  requestedBy: Type.String(),
  /** Whether disks may be copied. */
  withStorage: Type.Boolean(),
  moves: Type.Array(Type.Object({ vm: Vm, target: Type.String(), migration: Type.String() })),
  /** What could not even be queued. */
  refused: Type.Array(Type.Object({ vm: Vm, target: Type.String(), reason: Type.String() })),
});
export type DrainState = Type.Static<typeof DrainState>;

/** Null while the host is not drained. */
export function keptDrain(database: DatabaseSync): KeptState<typeof DrainState> {
  return new KeptState(database, "drain", DrainState);
}
