/** Sessions of the console: logging in by a token or a one-time link, and who is logged in. */
import Type from "typebox";
import { Name } from "../../vm/definition.ts";
import { RoleSchema } from "./token.ts";

const strict = { additionalProperties: false } as const;

/** Exactly one of the two. */
export const SessionCreate = Type.Object(
  {
    /** A token's secret, as `ferry token create` printed it. */
    token: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    /** What the address that `ferry console` printed ends with. */
    link: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
  },
  { ...strict, $id: "SessionCreate" },
);
export type SessionCreate = Type.Static<typeof SessionCreate>;

export const Session = Type.Object(
  {
    /** Who is logged in, as records name them. */
    name: Type.String(),
    role: RoleSchema,
    /** Null for callers whose right does not end by itself. */
    expiresAt: Type.Union([Type.Number(), Type.Null()]),
    /** Name of the host that answers, and its version: a page of another version loads itself anew. */
    host: Type.String(),
    version: Type.String(),
  },
  { $id: "Session" },
);
export type Session = Type.Static<typeof Session>;

export const SessionLinkCreate = Type.Object(
  {
    /** Who will use it; records name them. Default `console`. */
    name: Type.Optional(Name),
    /** Default `administrator`. */
    role: Type.Optional(RoleSchema),
  },
  { ...strict, $id: "SessionLinkCreate" },
);
export type SessionLinkCreate = Type.Static<typeof SessionLinkCreate>;

/** Shown this once: only a hash is kept. */
export const SessionLink = Type.Object(
  { url: Type.String(), role: RoleSchema, expiresAt: Type.Number() },
  { $id: "SessionLink" },
);
export type SessionLink = Type.Static<typeof SessionLink>;
