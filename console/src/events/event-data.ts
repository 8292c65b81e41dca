/** What happened in the domain: what the hosts have kept, and what this page hears since. */
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import type { FerryEvent } from "../../../src/api/schema/event.ts";
import { call } from "../api/call.ts";
import { useHosts } from "../hosts/host-data.ts";
import { useSeenEvents } from "../live/event-memory.ts";
import { keys } from "../live/keys.ts";

/** Of each host; some hundred lines are what a person looks through. */
const keptMax = 300;

/** Newest first. */
export function useEvents(): readonly FerryEvent[] {
  const hosts = useHosts();
  const seen = useSeenEvents();
  const kept = useQueries({
    queries: hosts
      .filter(({ reachable }) => reachable)
      .map(({ name }) => ({
        queryKey: keys.events(name),
        queryFn: async () => {
          const query = { limit: keptMax };
          const { events } = await call("GET /v1/events/past", { host: name, query });
          return events.map((event): FerryEvent => ({ ...event, host: name }));
        },
      })),
    combine: combineEvents,
  });
  return useMemo(() => mergeEvents(kept, seen), [kept, seen]);
}

function combineEvents(results: readonly { readonly data: readonly FerryEvent[] | undefined }[]) {
  return results.flatMap(({ data }) => data ?? []);
}

/** What was heard may have been read too: an event is known by its host, moment, kind and subject. */
function mergeEvents(kept: readonly FerryEvent[], seen: readonly FerryEvent[]): FerryEvent[] {
  const byKey = new Map([...kept, ...seen].map((event) => [eventKey(event), event]));
  return [...byKey.values()].sort((one, other) => other.at - one.at);
}

export function eventKey({ at, type, subject, host }: FerryEvent): string {
  return `${at} ${type} ${subject} ${host}`;
}
