/** Why a host takes no part in moves, as the end of a sentence; null where it does. Pure. */
import type { HostSettings } from "./settings.ts";

export interface Closed {
  readonly outgoing: string | null;
  readonly incoming: string | null;
}

/** Moves leave a drained host: that is what it is drained for. */
export function closedFor({ migrationEnabled }: HostSettings, drained: boolean): Closed {
  const off = migrationEnabled ? null : "migration is switched off there";
  return { outgoing: off, incoming: off ?? (drained ? "it is drained" : null) };
}
