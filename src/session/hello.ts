/** The first frame of a lane: by it the target knows which session and lane a connection wants to be. */
import { createHash, timingSafeEqual } from "node:crypto";
import { FerryError } from "../base/errors.ts";
import { lanesMax } from "./limits.ts";

export interface Hello {
  readonly session: string;
  readonly ticket: string;
  readonly lane: number;
  readonly version: number;
}

const textCharactersMax = 64;

export function encodeHello(hello: Hello): Buffer {
  return Buffer.from(JSON.stringify(hello));
}

/** @throws FerryError `peer-protocol` */
export function decodeHello(payload: Buffer): Hello {
  const value = parsed(payload);
  if (!isHello(value)) {
    throw new FerryError("peer-protocol", "Cannot read a hello: it does not say what one says");
  }
  return value;
}

/** By hand: a thread that loads a library of schemas for this takes three times as long to start. */
function isHello(value: unknown): value is Hello {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 4) return false;
  const { session, ticket, lane, version } = value as Partial<Record<string, unknown>>;
  const isText = (text: unknown): boolean =>
    typeof text === "string" && text.length <= textCharactersMax;
  const isWithin = (number: unknown, min: number, max: number): boolean =>
    Number.isSafeInteger(number) && (number as number) >= min && (number as number) <= max;
  return (
    isText(session) &&
    isText(ticket) &&
    isWithin(lane, 0, lanesMax - 1) &&
    isWithin(version, 1, Number.MAX_SAFE_INTEGER)
  );
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
