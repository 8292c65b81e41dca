/** What a source and a target say to each other about slots for moves. */
import Type from "typebox";
import { Priority } from "../migration/record.ts";
import { Name, Uuid } from "../vm/definition.ts";

const strict = { additionalProperties: false } as const;

/** The same migration may ask again: to hear whether its turn has come, or to keep what it was granted. */
export const SlotRequest = Type.Object(
  {
    migrationId: Uuid,
    vmName: Name,
    priority: Priority,
    copiesDisks: Type.Boolean(),
    /** The guest's memory. */
    memoryBytes: Type.Integer({ minimum: 0 }),
  },
  strict,
);
export type SlotRequest = Type.Static<typeof SlotRequest>;

export const SlotAnswer = Type.Union([
  Type.Object({ outcome: Type.Literal("granted") }, strict),
  Type.Object(
    {
      outcome: Type.Literal("wait"),
      /** A sentence for people. */
      reason: Type.String({ maxLength: 512 }),
    },
    strict,
  ),
]);
export type SlotAnswer = Type.Static<typeof SlotAnswer>;
