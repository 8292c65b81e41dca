/** Watches an agent's event stream as any client would. */
import { ApiClient } from "../../src/api/client.ts";
import type { FerryEvent } from "../../src/api/schema/event.ts";
import type { RunningAgent } from "./running-agent.ts";
import { patienceMs } from "../../lab/patience.ts";

/** Fails a test that would otherwise wait for ever. */

/** The first event, from all that the agent keeps and what comes, that the predicate accepts. */
export async function nextEvent(
  agent: RunningAgent,
  accepts: (event: FerryEvent) => boolean,
  lastEventId = "0",
): Promise<FerryEvent> {
  using client = new ApiClient({ kind: "socket", path: agent.socketPath });
  const signal = AbortSignal.timeout(patienceMs);
  for await (const event of client.events({ signal, lastEventId })) {
    if (accepts(event)) return event;
  }
  throw new Error("the event stream ended");
}
