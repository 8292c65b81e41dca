/**
 * The text a person carries from the domain to a host that shall join: where to ask, the fingerprint of the only
 * authority to believe there, and a secret that is good for one host. One line, safe in a shell.
 */
import { createHash, randomBytes } from "node:crypto";
import Type from "typebox";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { Uuid } from "../vm/definition.ts";
import { Address } from "./roster.ts";

const Content = Type.Object(
  {
    id: Uuid,
    address: Address,
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    /** SHA-256 of the authority's certificate, hexadecimal. */
    authority: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    secret: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" }),
  },
  { additionalProperties: false },
);
export type JoinTokenContent = Type.Static<typeof Content>;

const prefix = "ferry-join-1.";

export function encodeJoinToken(content: JoinTokenContent): string {
  return prefix + Buffer.from(JSON.stringify(content)).toString("base64url");
}

/** @throws FerryError `bad-input`. */
export function decodeJoinToken(text: string): JoinTokenContent {
  const token = text.trim();
  try {
    if (token.startsWith(prefix)) {
      const json = Buffer.from(token.slice(prefix.length), "base64url").toString("utf8");
      return Value.Parse(Content, JSON.parse(json)) as JoinTokenContent;
    }
  } catch (cause) {
    throw notAToken(cause);
  }
  throw notAToken();
}

/** 256 random bits, base64url. */
export function randomSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** How a secret of 256 random bits is kept: unguessable, so one hash without salt does. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function notAToken(cause?: unknown): FerryError {
  return new FerryError("bad-input", "Cannot join: the text is not a whole join token", {
    remedy: "Copy the whole line that `ferry domain token` printed on a host of the domain",
    cause,
  });
}
