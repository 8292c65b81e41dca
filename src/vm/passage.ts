/** A move out of a cluster, into one, or both (docs/decisions/0220). Plain data that the source says and the target keeps. */
import Type from "typebox";
import { Name, Uuid } from "./definition.ts";
import { VmPolicy } from "./vm-policy.ts";

export const Passage = Type.Object(
  {
    /** The cluster that the VM leaves, and the ids of hosts that can read its records. */
    leaves: Type.Optional(
      Type.Object({ cluster: Uuid, name: Name, hosts: Type.Array(Uuid, { maxItems: 256 }) }),
    ),
    /** The VM becomes the target's cluster's, and is kept running so. */
    enters: Type.Optional(VmPolicy),
  },
  { additionalProperties: false },
);
export type Passage = Type.Static<typeof Passage>;
