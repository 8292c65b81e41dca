/**
 * The domain's events, for as long as the page is open: connects again after a broken line, a machine's sleep or an
 * agent's restart, notices a line that has fallen silent, and says how it stands.
 */
import { EventStreamParser } from "../../../src/api/event-stream-parser.ts";
import type { FerryEvent } from "../../../src/api/schema/event.ts";

export type LineState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** `since`: when the agent was last heard, milliseconds since the epoch. */
  | { readonly kind: "away"; readonly since: number };

export interface EventStreamParts {
  readonly onEvent: (event: FerryEvent) => void;
  /** A new line is open: what happened before it has to be read anew. */
  readonly onOpen: () => void;
  readonly onState: (state: LineState) => void;
  /** The agent refuses: the session is over. */
  readonly onRefused: () => void;
}

/** The agent writes a comment every fifteen seconds. */
const silenceMsMax = 35_000;
const firstWaitMs = 250;
const waitMsMax = 4_000;

export function followEvents(parts: EventStreamParts): () => void {
  const stop = new AbortController();
  void run(parts, stop.signal);
  return () => stop.abort();
}

async function run(parts: EventStreamParts, stop: AbortSignal): Promise<void> {
  let waitMs = firstWaitMs;
  let heardAt = Date.now();
  parts.onState({ kind: "connecting" });
  while (!stop.aborted) {
    const outcome = await readLine(parts, stop, () => {
      heardAt = Date.now();
      waitMs = firstWaitMs;
    });
    if (stop.aborted) return;
    if (outcome === "refused") {
      parts.onRefused();
      return;
    }
    parts.onState({ kind: "away", since: heardAt });
    await pause(waitMs, stop);
    waitMs = Math.min(waitMs * 2, waitMsMax);
  }
}

/** One line to its end, whatever ends it. */
async function readLine(
  parts: EventStreamParts,
  stop: AbortSignal,
  onHeard: () => void,
): Promise<"ended" | "refused"> {
  const silence = new AbortController();
  let lastHeard = performance.now();
  const watch = setInterval(() => {
    // After the machine slept this comes first: the line is taken for dead rather than waited for.
    if (performance.now() - lastHeard > silenceMsMax) silence.abort();
  }, 1_000);
  try {
    const response = await fetch("/v1/events?scope=domain", {
      headers: { accept: "text/event-stream" },
      signal: AbortSignal.any([stop, silence.signal]),
    });
    if (response.status === 401 || response.status === 403) return "refused";
    if (!response.ok || response.body === null) return "ended";
    parts.onState({ kind: "live" });
    parts.onOpen();
    const parser = new EventStreamParser();
    const reader = response.body.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return "ended";
      lastHeard = performance.now();
      onHeard();
      for (const { data } of parser.feed(value)) parts.onEvent(JSON.parse(data) as FerryEvent);
    }
  } catch {
    return "ended"; // away, silent or stopped: the caller tells them apart
  } finally {
    clearInterval(watch);
  }
}

/** Waits, but no longer than until the network is back or the page is looked at again. */
async function pause(waitMs: number, stop: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitMs);
  const done = new AbortController();
  const { signal } = done;
  window.addEventListener("online", () => resolve(), { signal });
  document.addEventListener("visibilitychange", () => resolve(), { signal });
  stop.addEventListener("abort", () => resolve(), { signal });
  await promise;
  clearTimeout(timer);
  done.abort();
}
