/** Events as `GET /v1/events` streams them: the `data:` line is this object as JSON, `id:` its id. */
import Type from "typebox";
import { Name } from "../../vm/definition.ts";
import { type EventType, eventTypes } from "../../database/event-log.ts";

export const FerryEvent = Type.Object(
  {
    /** Position in the host's log; null for an event that is not stored. */
    id: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
    at: Type.Number(),
    type: Type.Unsafe<EventType>(Type.String({ enum: [...eventTypes] })),
    /** Id of the VM, migration, … it is about. */
    subject: Type.String(),
    /** Name of the host it happened on; only in the stream of a whole domain. */
    host: Type.Optional(Type.String()),
    /** For `vm.*` a Vm (null once deleted), for `migration.*` a MigrationRecord; otherwise a few named facts. */
    data: Type.Unknown(),
  },
  { $id: "FerryEvent" },
);
export type FerryEvent = Type.Static<typeof FerryEvent>;

/** Newest first. */
export const EventList = Type.Object({ events: Type.Array(FerryEvent) }, { $id: "EventList" });
export type EventList = Type.Static<typeof EventList>;

export const EventListQuery = Type.Object(
  {
    host: Type.Optional(Name),
    /** Only events before this position. */
    before: Type.Optional(Type.Integer({ minimum: 1 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  },
  { additionalProperties: false },
);
export type EventListQuery = Type.Static<typeof EventListQuery>;
