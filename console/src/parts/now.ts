/** The time as pages show it: it goes on while they are open, a step every half minute. */
import { useSyncExternalStore } from "react";

const stepMs = 30_000;
let now = Date.now();

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

function subscribe(listener: () => void): () => void {
  const timer = setInterval(() => {
    now = Date.now();
    listener();
  }, stepMs);
  return () => clearInterval(timer);
}
