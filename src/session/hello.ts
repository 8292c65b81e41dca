/** The first frame of a lane: by it the target knows which session and lane a connection wants to be. */
import { createHash, timingSafeEqual } from "node:crypto";
import Type from "typebox";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { lanesMax } from "./limits.ts";

const Hello = Type.Object(
  {
    session: Type.String({ maxLength: 64 }),
    ticket: Type.String({ maxLength: 64 }),
    lane: Type.Integer({ minimum: 0, maximum: lanesMax - 1 }),
    version: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
);
export type Hello = Type.Static<typeof Hello>;

export function encodeHello(hello: Hello): Buffer {
  return Buffer.from(JSON.stringify(hello));
}

/** @throws FerryError `peer-protocol` */
export function decodeHello(payload: Buffer): Hello {
  const value = parsed(payload);
  if (!Value.Check(Hello, value)) {
    throw new FerryError("peer-protocol", "Cannot read a hello: it does not say what one says");
  }
  return value;
}

/** Whether a hello is for this session and shows its ticket. Takes as long for a nearly right ticket as for a wrong. */
export function isTicketOf(hello: Hello, session: string, ticket: string): boolean {
  return timingSafeEqual(digest(hello.session, hello.ticket), digest(session, ticket));
}

function digest(session: string, ticket: string): Buffer {
  return createHash("sha256").update(`${session}\n${ticket}`).digest();
}

function parsed(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch (cause) {
    throw new FerryError("peer-protocol", "Cannot read a hello: it is not JSON", { cause });
  }
}
