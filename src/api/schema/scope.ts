/** Asking one host or the whole domain, and what a domain-wide answer says about hosts that did not answer. */
import Type from "typebox";
import { Name } from "../../vm/definition.ts";

/** `host` asks another host of the domain through this one; the header `Ferry-Host` does the same. */
export const HostQuery = Type.Object(
  { host: Type.Optional(Name) },
  { additionalProperties: false },
);
export type HostQuery = Type.Static<typeof HostQuery>;

export const Scope = Type.Unsafe<"host" | "domain">(
  Type.String({ enum: ["host", "domain"], default: "host" }),
);

export const ScopedQuery = Type.Object(
  { host: Type.Optional(Name), scope: Type.Optional(Scope) },
  { additionalProperties: false },
);

/** A list over the domain is never failed by one silent host: it is named here instead. */
export const Unreachable = Type.Array(Type.Object({ host: Type.String(), message: Type.String() }));
export type Unreachable = Type.Static<typeof Unreachable>;
