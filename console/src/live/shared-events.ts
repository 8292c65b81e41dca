/**
 * One line to the agent for all pages of a browser, which allows six connections to a server: the page that holds the
 * lock reads the line and tells the others. When it is closed the next one takes over.
 */
import type { FerryEvent } from "../../../src/api/schema/event.ts";
import { type EventStreamParts, followEvents, type LineState } from "./event-stream.ts";

const name = "ferry-events";

type Message =
  | { readonly kind: "event"; readonly event: FerryEvent }
  | { readonly kind: "state"; readonly state: LineState }
  | { readonly kind: "opened" }
  /** A page that has just come asks how the line stands. */
  | { readonly kind: "hello" };

export function shareEvents(parts: EventStreamParts): () => void {
  const stop = new AbortController();
  const channel = new BroadcastChannel(name);
  let state: LineState = { kind: "connecting" };
  let isReader = false;
  let wasTold = false;
  const tell = (message: Message) => channel.postMessage(message);
  const setState = (next: LineState) => {
    state = next;
    parts.onState(next);
    if (isReader) tell({ kind: "state", state });
  };
  channel.addEventListener("message", ({ data }: MessageEvent<Message>) => {
    if (isReader) {
      if (data.kind === "hello") tell({ kind: "state", state });
    } else if (data.kind === "event") parts.onEvent(data.event);
    else if (data.kind === "opened") parts.onOpen();
    else if (data.kind === "state") {
      setState(data.state);
      // What this page read before it heard the others' line may be old by now.
      if (!wasTold && data.state.kind === "live") parts.onOpen();
      wasTold = true;
    }
  });
  tell({ kind: "hello" });
  const read = async () => {
    isReader = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = followEvents({
      onEvent: (event) => {
        parts.onEvent(event);
        tell({ kind: "event", event });
      },
      onOpen: () => {
        parts.onOpen();
        tell({ kind: "opened" });
      },
      onState: setState,
      onRefused: () => {
        parts.onRefused();
        resolve();
      },
    });
    stop.signal.addEventListener("abort", () => resolve());
    await promise;
    end();
    isReader = false;
  };
  // Given up only with the page, or when the session is over.
  navigator.locks.request(name, { signal: stop.signal }, read).catch(() => undefined);
  return () => {
    stop.abort();
    channel.close();
  };
}
