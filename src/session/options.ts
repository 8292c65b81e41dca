/** What a session is opened with, on either side. */
import type { Log } from "../base/log.ts";
import type { PeerIdentity, TrustSnapshot } from "../trust/peer-identity.ts";
import type { Session } from "./session.ts";
import type { SpareWorkers } from "./spare-workers.ts";

interface SessionOptions {
  /** The session's id: a UUID that the target made up. */
  readonly id: string;
  /** The protocol version both agents agreed on (src/protocol/version.ts). */
  readonly version: number;
  /** This host's key and certificate, PEM. They reach the worker as data, never as arguments. */
  readonly credentials: { readonly key: string; readonly certificate: string };
  /** Whom this host trusts, as of now; a session outlives a later change. */
  readonly trust: TrustSnapshot;
  /** The one host that may be at the other end. */
  readonly peer: PeerIdentity;
  readonly log: Log;
  readonly limits?: Partial<SessionLimits>;
  /** Where its worker thread comes from; a fresh one unless said. */
  readonly workers?: Pick<SpareWorkers, "take" | "giveBack">;
}

export interface SourceSessionOptions extends SessionOptions {
  /** Where the target listens, best first: the lanes are spread over them. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly ticket: string;
  /** How many lanes; 1 unless said. */
  readonly lanes?: number;
}

export interface TargetSessionOptions extends SessionOptions {
  /** Addresses to listen on; `::` is every one. */
  readonly addresses: readonly string[];
  /** The first free port of this range, ends included, is taken on all of them. */
  readonly portFirst: number;
  readonly portLast: number;
}

/** The target's half: a session that listens. Give `port` and `ticket` to the source over the peer API. */
export interface TargetSession extends Session {
  readonly port: number;
  /** 32 random bytes, base64url: whoever shows it, with the right certificate, is this session's source. */
  readonly ticket: string;
  /**
   * Waits for the source's first lane. Rejects with FerryError `timeout`, `unreachable` when the session closes, or
   * the signal's reason.
   */
  connected(options: { signal?: AbortSignal; timeoutMs: number }): Promise<void>;
}

/** What one session may use. The defaults, with their reasons, are in src/session/limits.ts. */
export interface SessionLimits {
  /** How long the source tries to get its first lane, milliseconds. */
  readonly connectMs: number;
  /** How long the session waits without any lane before it ends, milliseconds; `limitOutage` changes it. */
  readonly outageMs: number;
  /** A lane that says nothing for this long, not even a pong, is broken, milliseconds. */
  readonly silenceMs: number;
  /** How much may wait between here and the peer's application, as the time it takes to drain, milliseconds. */
  readonly drainMs: number;
  /** The most bytes that may be unacknowledged at once, whatever the link. */
  readonly inFlightBytesMax: number;
  /** What the way is known to carry, bytes per second: so much of it is taken from the first byte on. 0: nothing is known. */
  readonly expectedBytesPerSecond: number;
}
