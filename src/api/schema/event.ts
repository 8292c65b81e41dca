/** Events as `GET /v1/events` streams them: the `data:` line is this object as JSON, `id:` its id. */
import Type from "typebox";

export const eventTypes = [
  "vm.created",
  "vm.changed",
  "vm.deleted",
  "vm.state",
  "migration.changed",
  /** Broadcast several times a second while a move runs, never stored, and therefore never replayed. */
  "migration.progress",
  "pool.created",
  "pool.deleted",
  "switch.created",
  "switch.deleted",
  "domain.created",
  "domain.joined",
  "domain.trusted",
  "domain.distrusted",
  "host.joined",
  "host.expelled",
  "peer.refused",
  "token.created",
  "token.deleted",
] as const;
export type EventType = (typeof eventTypes)[number];

export const FerryEvent = Type.Object(
  {
    /** Position in the host's log; null for an event that is not stored. */
    id: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
    at: Type.Number(),
    type: Type.Unsafe<EventType>(Type.String({ enum: [...eventTypes] })),
    /** Id of the VM, migration, host… it is about. */
    subject: Type.String(),
    /** For `vm.*` a Vm, for `migration.*` a MigrationRecord; otherwise a few named facts. */
    data: Type.Unknown(),
  },
  { $id: "FerryEvent" },
);
export type FerryEvent = Type.Static<typeof FerryEvent>;
