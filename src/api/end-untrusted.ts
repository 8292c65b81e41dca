/**
 * What is open with a host ends when the host is no longer trusted: expelled, or of a domain that was distrusted. New connections are
 * refused by their certificate; this is for those that were there before.
 */
import type { TLSSocket } from "node:tls";
import type { Log } from "../base/log.ts";
import type { Session } from "../session/session.ts";
import { identityIn, isTrusted, type TrustSnapshot } from "../trust/peer-identity.ts";

/** As much of Trust as is needed. */
export interface ChangingTrust {
  readonly snapshot: TrustSnapshot;
  onChange(listener: () => void): () => void;
}

/** A move before the handover is rolled back then; one after it goes on like any whose other host is out of reach. */
export function endSessionWhenUntrusted(session: Session, trust: ChangingTrust, log: Log): void {
  const look = (): void => {
    if (isTrusted(session.peer, trust.snapshot)) return;
    log.warn({ session: session.id, peer: session.peer }, "a session with an untrusted host ends");
    void session.close("its host is no longer trusted");
  };
  const stop = trust.onChange(look);
  session.on("closed", stop);
  if (session.isOver) stop();
  else look(); // it may have been expelled while the session opened
}

/** Ends the connections of hosts that are not trusted; people's, who show no certificate of a host, stay. */
export function endUntrusted(sockets: Iterable<TLSSocket>, trust: TrustSnapshot): void {
  for (const socket of sockets) {
    const certificate = socket.getPeerX509Certificate();
    const identity = certificate && identityIn(certificate);
    if (identity !== undefined && !isTrusted(identity, trust)) socket.destroy();
  }
}
