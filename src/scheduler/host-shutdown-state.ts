/**
 * That this host is being shut down, and what became of its VMs: in the database, so that an agent that is restarted meanwhile goes on,
 * and that of the next boot starts what was running.
 */
import type { DatabaseSync } from "node:sqlite";
import Type from "typebox";
import { ShutdownPolicySchema } from "../vm/shutdown-policy.ts";
import { type ShutdownEnd, shutdownEnds } from "./host-shutdown-plan.ts";
import { KeptState } from "./kept-state.ts";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const ShutdownEndSchema = Type.Unsafe<ShutdownEnd>(Type.String({ enum: [...shutdownEnds] }));

/** A VM that did not leave, and how it ended. */
export const EndedVm = Type.Object({
  vm: Type.Object({ id: Type.String(), name: Type.String() }),
  /** `failed`: it could not be ended, for `reason`; the machine's own end takes it. */
  how: Type.Unsafe<"shut-down" | "powered-off" | "failed">(
    Type.String({ enum: ["shut-down", "powered-off", "failed"] }),
  ),
  /** Given back to the cluster: it starts on another host. Otherwise on this one, when it is up again. */
  clustered: Type.Boolean(),
  reason: nullable(Type.String()),
});
export type EndedVm = Type.Static<typeof EndedVm>;

export const ShutdownState = Type.Object({
  /** Of the kernel that is being shut down. */
  bootId: Type.String(),
  /** Milliseconds since the epoch, as the other times. */
  since: Type.Number(),
  movesUntil: Type.Number(),
  guestsUntil: Type.Number(),
  until: Type.Number(),
  /** How long guests have once they are asked. Absent: as long as there is. */
  guestMs: Type.Optional(Type.Number()),
  requestedBy: Type.String(),
  policy: ShutdownPolicySchema,
  /** VMs that have a policy of their own keep to it. */
  ownPolicies: Type.Boolean(),
  /** Disks may be copied. */
  withStorage: Type.Boolean(),
  end: ShutdownEndSchema,
  /** An administrator had drained the host before: it stays drained when it is up again. */
  wasDrained: Type.Boolean(),
  /** Nothing is waited for any more. */
  over: Type.Boolean(),
  ended: Type.Array(EndedVm),
});
export type ShutdownState = Type.Static<typeof ShutdownState>;

/** Null while the host is not being shut down. */
export function keptShutdown(database: DatabaseSync): KeptState<typeof ShutdownState> {
  return new KeptState(database, "shutdown", ShutdownState);
}
