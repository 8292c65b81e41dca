/** The one line to the agent that all pages live on, and how it stands. */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import type { LineState } from "./event-stream.ts";
import { keys } from "./keys.ts";
import { LiveData } from "./live-data.ts";
import { shareEvents } from "./shared-events.ts";

const LineContext = createContext<LineState>({ kind: "connecting" });

export function useLine(): LineState {
  return useContext(LineContext);
}

export function LiveLine({ children }: { readonly children: ReactNode }) {
  const cache = useQueryClient();
  const [state, setState] = useState<LineState>({ kind: "connecting" });
  useEffect(() => {
    const data = new LiveData(cache);
    return shareEvents({
      onEvent: (event) => data.take(event),
      onOpen: () => {
        data.refreshAll();
        void cache.invalidateQueries({ queryKey: keys.session });
      },
      onState: setState,
      onRefused: () => cache.setQueryData(keys.session, null),
    });
  }, [cache]);
  return <LineContext value={state}>{children}</LineContext>;
}
