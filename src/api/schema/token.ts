/** API tokens: what scripts and people without a shell on the host show, each with a role. */
import Type from "typebox";
import { Name } from "../../vm/definition.ts";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** From least to most: each may do everything that the ones before it may. */
export const roles = ["viewer", "operator", "administrator"] as const;
export type Role = (typeof roles)[number];
export const RoleSchema = Type.Unsafe<Role>(Type.String({ enum: [...roles] }));

export const TokenCreate = Type.Object(
  {
    name: Name,
    role: RoleSchema,
    /** Absent: valid until deleted. */
    validMs: Type.Optional(Type.Integer({ minimum: 60_000, maximum: 10 * 366 * 86_400_000 })),
  },
  { additionalProperties: false, $id: "TokenCreate" },
);
export type TokenCreate = Type.Static<typeof TokenCreate>;

export const Token = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    role: RoleSchema,
    createdAt: Type.Number(),
    expiresAt: nullable(Type.Number()),
  },
  { $id: "Token" },
);
export type Token = Type.Static<typeof Token>;

/** The secret is shown this once: only its hash is kept. */
export const CreatedToken = Type.Object(
  { token: Token, secret: Type.String() },
  { $id: "CreatedToken" },
);
export type CreatedToken = Type.Static<typeof CreatedToken>;

export const TokenList = Type.Object({ tokens: Type.Array(Token) }, { $id: "TokenList" });
export type TokenList = Type.Static<typeof TokenList>;
