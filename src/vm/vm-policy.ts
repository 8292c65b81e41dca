/** How a cluster keeps a VM running. Plain data; agents of different age read it, so what is new has a default. */
import Type from "typebox";
import { Name } from "./definition.ts";

export const priorities = ["high", "normal", "low", "never"] as const;

export const VmPolicy = Type.Object(
  {
    /** Who is started first after a failure; `never`: not at all. */
    priority: Type.Unsafe<(typeof priorities)[number]>(
      Type.String({ enum: [...priorities], default: "normal" }),
    ),
    /** Hosts to prefer, the best first. */
    preferredHosts: Type.Array(Name, { maxItems: 64, default: [] }),
    /** Hosts that may have it; null: every one of the cluster. */
    possibleHosts: Type.Union([Type.Array(Name, { minItems: 1, maxItems: 256 }), Type.Null()], {
      default: null,
    }),
    /** VMs that name the same group are kept on different hosts, as far as there are enough. */
    apart: Type.Array(Name, { maxItems: 16, default: [] }),
  },
  { additionalProperties: false },
);
export type VmPolicy = Type.Static<typeof VmPolicy>;
