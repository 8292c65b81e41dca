/**
 * What the engine asks of the other host's agent outside a session: to open one, and, when a session is gone for
 * good, how the migration stands there. Over the peer API with both certificates checked (src/api/peer-client.ts).
 */
import type { Session } from "../session/session.ts";
import type { JournalKind } from "./journal-record.ts";
import type { QemuState } from "./recovery-facts.ts";

export interface SessionRequest {
  readonly migrationId: string;
  readonly vmId: string;
  readonly vmName: string;
  readonly generation: number;
  /** Absent: a move. `post-copy`: pages that a guest misses, whose session has ended. */
  readonly purpose?: "post-copy";
}

/** How a migration stands on the other host. */
export interface PeerStatus {
  /** The last record of its journal that says so (`standingOf`), or null when it knows nothing of it. */
  readonly last: JournalKind | null;
  /** What its QEMU of the VM does; absent in the answer of an older agent. */
  readonly qemu?: QemuState;
}

export interface SessionWish {
  /** A lane over each network that both hosts have for moves, instead of one over the best. */
  readonly everyNetwork: boolean;
  /** What the way to the host is known to carry, bytes per second; null: nothing is known. */
  readonly wayBytesPerSecond: number | null;
  readonly signal: AbortSignal;
}

export interface PeerLink {
  /** Asks `host` for a session and connects it. @throws FerryError `unreachable`, `peer-refused`, `busy`. */
  openSession(host: string, request: SessionRequest, wish: SessionWish): Promise<Session>;
  status(host: string, migrationId: string): Promise<PeerStatus>;
  /** Repeats *take* until believed; answers the target's last record. */
  take(host: string, migrationId: string, generation: number): Promise<PeerStatus>;
  /** Tells a target that the move is off. May be repeated. */
  discard(host: string, migrationId: string): Promise<PeerStatus>;
  /** Tells a host that it owns nothing: by a person's word the VM is here, with that generation. May be repeated. */
  disown(host: string, migrationId: string, generation: number): Promise<PeerStatus>;
}
