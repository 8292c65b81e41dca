/** A failure to rehearse (src/migration/faults.ts). */
import Type from "typebox";
import type { FaultAction } from "../../migration/faults.ts";

export const FaultCreate = Type.Object(
  {
    /** `ROLE:STAGE:MOMENT`, such as `source:memory-precopy:inside`. */
    point: Type.String({ pattern: "^[a-z:-]{1,128}$" }),
    action: Type.Unsafe<FaultAction>(Type.String({ enum: ["fail", "crash", "hang"] })),
  },
  { additionalProperties: false, $id: "FaultCreate" },
);
export type FaultCreate = Type.Static<typeof FaultCreate>;
