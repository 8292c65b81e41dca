/** The events that this page has seen, newest first; the progress of moves is left out. */
import { useSyncExternalStore } from "react";
import type { FerryEvent } from "../../../src/api/schema/event.ts";

const eventsMax = 2_000;

let events: readonly FerryEvent[] = [];
const listeners = new Set<() => void>();

export function rememberEvent(event: FerryEvent): void {
  if (event.type === "migration.progress") return;
  events = [event, ...events.slice(0, eventsMax - 1)];
  for (const listener of listeners) listener();
}

export function useSeenEvents(): readonly FerryEvent[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => events,
  );
}
