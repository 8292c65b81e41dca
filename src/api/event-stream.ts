/**
 * The event stream of an agent, across broken connections: each reconnect says `Last-Event-ID`, so that the agent
 * replays what was missed. Gives up only when the agent refuses, or stays away.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import { readAnswer } from "./answer.ts";
import { EventStreamParser } from "./event-stream-parser.ts";
import type { FerryEvent } from "./schema/event.ts";
import type { Transport } from "./transport.ts";

/** An agent's comment lines keep a quiet stream alive; a stream this quiet has lost its other end. */
const silenceMsMax = 60_000;
/** Long enough for an agent to be upgraded and started again. */
const awayMsMax = 120_000;
const firstWaitMs = 250;
const waitMsMax = 5_000;

export interface EventStreamOptions {
  readonly signal: AbortSignal;
  /** Replays what happened after this event; absent: only what happens from now on. */
  readonly lastEventId?: string | undefined;
  /** Name of the host whose events are wanted; absent: those of the agent at hand. */
  readonly host?: string | undefined;
  /** Those of every host of the domain; nothing is replayed then. */
  readonly scope?: "domain" | undefined;
  /** The connection broke, and another one is tried. */
  readonly onReconnect?: (reason: FerryError) => void;
}

/**
 * Yields events until the caller stops or the signal is aborted (then rejects with its reason). Rejects with
 * FerryError when the first connection fails, when the agent refuses, or after two minutes without an agent.
 */
export async function* readEvents(
  transport: Transport,
  options: EventStreamOptions,
): AsyncGenerator<FerryEvent> {
  const position: Position = {
    lastEventId: options.lastEventId ?? "",
    lastContact: undefined,
    retryMs: undefined,
  };
  let waitMs = firstWaitMs;
  for (;;) {
    try {
      for await (const event of readConnection(transport, options, position)) {
        waitMs = position.retryMs ?? firstWaitMs;
        yield event;
      }
    } catch (error) {
      options.signal.throwIfAborted();
      const reason = FerryError.from(error);
      const awayMs = performance.now() - (position.lastContact ?? Number.NEGATIVE_INFINITY);
      if (reason.code !== "unreachable" || awayMs > awayMsMax) throw reason;
      options.onReconnect?.(reason);
    }
    await sleep(waitMs, undefined, { signal: options.signal });
    waitMs = Math.min(waitMs * 2, waitMsMax);
  }
}

interface Position {
  lastEventId: string;
  /** When the agent was last heard, by `performance.now()`; undefined before the first connection. */
  lastContact: number | undefined;
  retryMs: number | undefined;
}

/** One connection, to its end; leaves in `position` where the next one goes on. */
async function* readConnection(
  transport: Transport,
  { host, scope, signal }: EventStreamOptions,
  position: Position,
): AsyncGenerator<FerryEvent> {
  const silence = new AbortController();
  const watch = setTimeout(() => silence.abort(), silenceMsMax);
  try {
    const response = await transport.exchange({
      method: "GET",
      target: scope === undefined ? "/v1/events" : `/v1/events?scope=${scope}`,
      headers: {
        accept: "text/event-stream",
        ...(position.lastEventId !== "" && { "last-event-id": position.lastEventId }),
        ...(host !== undefined && { "ferry-host": host }),
      },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (response.statusCode !== 200) {
      await readAnswer(response);
      throw new FerryError("peer-protocol", "Cannot follow events: the answer is no event stream");
    }
    position.lastContact = performance.now();
    const parser = new EventStreamParser(position.lastEventId);
    for await (const piece of response as AsyncIterable<Buffer>) {
      watch.refresh();
      position.lastContact = performance.now();
      for (const { id, data } of parser.feed(piece)) {
        position.lastEventId = id;
        position.retryMs = parser.retryMs && Math.min(parser.retryMs, waitMsMax);
        yield parseEvent(data);
      }
    }
  } catch (cause) {
    if (cause instanceof FerryError || signal.aborted) throw cause;
    throw new FerryError("unreachable", "Cannot follow events: the connection broke", {
      remedy: "Look into the agent's log: journalctl -u ferryd",
      cause,
    });
  } finally {
    clearTimeout(watch);
  }
}

function parseEvent(data: string): FerryEvent {
  try {
    return JSON.parse(data) as FerryEvent;
  } catch (cause) {
    throw new FerryError("peer-protocol", "Cannot follow events: one of them is not JSON", {
      remedy: "Check that both ends run the same Ferry",
      cause,
    });
  }
}
