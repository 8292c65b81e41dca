/** A failure to rehearse (src/migration/faults.ts). */
import Type from "typebox";
import { type ArmedFault, type FaultAction, faultActions } from "../../migration/faults.ts";

export const FaultCreate = Type.Object(
  {
    /** `ROLE:STAGE:MOMENT`, such as `source:memory-precopy:inside`, or `target:journal-owner:after`. */
    point: Type.String({ pattern: "^[a-z:-]{1,128}$" }),
    action: Type.Unsafe<FaultAction>(Type.String({ enum: [...faultActions] })),
  },
  { additionalProperties: false, $id: "FaultCreate" },
);
export type FaultCreate = Type.Static<typeof FaultCreate>;
export type FaultActionName = FaultAction;

const Fault = Type.Object({
  point: Type.String(),
  action: Type.Unsafe<FaultAction>(Type.String({ enum: [...faultActions] })),
  /** `struck`: a pause that holds its point now. */
  state: Type.Unsafe<ArmedFault["state"]>(Type.String({ enum: ["armed", "struck"] })),
});
export type Fault = Type.Static<typeof Fault>;

export const FaultList = Type.Object(
  {
    faults: Type.Array(Fault),
    /** Every point at which one can be armed. */
    points: Type.Array(Type.String()),
  },
  { $id: "FaultList" },
);
export type FaultList = Type.Static<typeof FaultList>;
