/** An agent's answer read to its end: its JSON, or the error that it is. */
import type { IncomingMessage } from "node:http";
import { type ErrorCode, errorCodes, FerryError } from "../base/errors.ts";

/** The largest answer the client reads: a long history stays far below, an endless answer is cut off. */
export const answerBytesMax = 64 * 1024 * 1024;

/**
 * @throws FerryError the agent's own error with its code, message and remedy; `peer-protocol` for what is no answer of
 * a Ferry agent; `unreachable` when the answer breaks off.
 */
export async function readAnswer(response: IncomingMessage): Promise<unknown> {
  const text = await readBody(response);
  const status = response.statusCode ?? 0;
  const answer = text === "" ? undefined : parseJson(text, status);
  if (status < 400) return answer;
  throw errorOfAnswer(answer, status);
}

async function readBody(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length > answerBytesMax) throw tooLarge();
    }
  } catch (cause) {
    if (cause instanceof FerryError) throw cause;
    throw new FerryError("unreachable", "Cannot read the agent's answer: the connection broke", {
      remedy: "Try again; if it happens again, look into the agent's log: journalctl -u ferryd",
      cause,
    });
  }
  return Buffer.concat(pieces).toString("utf8");
}

function parseJson(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notFerry(status, cause);
  }
}

function errorOfAnswer(answer: unknown, status: number): FerryError {
  const body = (answer as { error?: Record<string, unknown> } | undefined)?.error;
  if (typeof body?.["message"] !== "string") return notFerry(status);
  const { code, message, remedy, details } = body;
  // A newer agent may know codes that this client does not: its message still counts.
  const known = typeof code === "string" && Object.hasOwn(errorCodes, code);
  return new FerryError(known ? (code as ErrorCode) : "internal", message, {
    ...(typeof remedy === "string" && { remedy }),
    details,
  });
}

function notFerry(status: number, cause?: unknown): FerryError {
  return new FerryError(
    "peer-protocol",
    `Cannot understand the answer: it is not a Ferry agent's (HTTP status ${status})`,
    {
      remedy: "Check the address or the socket's path, and that both ends run the same Ferry",
      cause,
    },
  );
}

function tooLarge(): FerryError {
  return new FerryError(
    "peer-protocol",
    `Cannot read the agent's answer: it is larger than ${answerBytesMax} bytes`,
    { remedy: "Ask for less, for instance with --limit" },
  );
}
