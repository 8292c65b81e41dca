/** A VM's serial console over a websocket. */
import Type from "typebox";
import { Name } from "../../vm/definition.ts";
import type { SerialBeginning } from "../../vm/serial-log.ts";

export const SerialQuery = Type.Object(
  {
    host: Type.Optional(Name),
    /** Which log was read before, and up to where: the answer goes on from there. */
    log: Type.Optional(Type.String({ maxLength: 64 })),
    after: Type.Optional(Type.Integer()),
  },
  { additionalProperties: false },
);
export type SerialQuery = Type.Static<typeof SerialQuery>;

/** The first message, as text; every later one is bytes. */
export const SerialStart = Type.Object(
  {
    /** Name of the host that the VM is on. */
    host: Type.String(),
    /** Names this log: another one begins with every process and every start of the agent. */
    log: Type.String(),
    /** Position of the first byte that follows, counted from the log's beginning; negative in what came before, on another host. */
    from: Type.Integer(),
    /** So many bytes were written before the line was opened; what they asked of a terminal another one has answered. */
    past: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Of what came before `from`, nothing is kept any more although it was asked for. */
    gap: Type.Boolean(),
    /** How the log begins: with the guest's own start, in the middle (the agent was away), or with an arrival. */
    begins: Type.Unsafe<SerialBeginning>(
      Type.String({ enum: ["at the start", "in the middle", "on arrival"] }),
    ),
  },
  { $id: "SerialStart" },
);
export type SerialStart = Type.Static<typeof SerialStart>;
