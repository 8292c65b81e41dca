/**
 * TLS for lanes, the same on both sides: version 1.3 only, both certificates, and the one host that may be at the
 * other end.
 */
import type { SecureContextOptions, TLSSocket } from "node:tls";
import { FerryError } from "../base/errors.ts";
import { identifyPeer } from "../trust/peer-identity.ts";
import type { WorkerSettings } from "./worker-messages.ts";

export const laneProtocol = "ferry-session";

export function secureContext(settings: WorkerSettings): SecureContextOptions {
  return {
    key: settings.credentials.key,
    cert: settings.credentials.certificate,
    ca: settings.trust.domains.map((domain) => domain.authority),
    minVersion: "TLSv1.3",
    // The shorter key first: with the processor's AES instructions it is the fastest by far, and strong enough.
    ciphers: "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
    honorCipherOrder: true,
  };
}

/**
 * Checks who is at the other end of a finished handshake.
 *
 * @throws FerryError `peer-refused`
 */
export function checkPeer(socket: TLSSocket, settings: WorkerSettings): void {
  if (socket.alpnProtocol !== laneProtocol) throw refused(socket, "it wants no session");
  const verdict = identifyPeer(socket.getPeerX509Certificate(), settings.trust, Date.now());
  if (!verdict.trusted) throw refused(socket, verdict.detail);
  // Beside our own judgement, OpenSSL's: purposes, algorithms, constraints.
  if (!socket.authorized) throw refused(socket, `its certificate fails: ${why(socket)}`);
  const { domain, host } = verdict.identity;
  if (domain !== settings.peer.domain || host !== settings.peer.host) {
    throw refused(socket, `it is host ${host} of domain ${domain}, ${settings.peer.host} wanted`);
  }
}

export function refused(socket: TLSSocket, reason: string): FerryError {
  return new FerryError(
    "peer-refused",
    `Cannot trust the peer at "${socket.remoteAddress ?? "an address it left"}": ${reason}`,
  );
}

function why(socket: TLSSocket): string {
  const error: unknown = socket.authorizationError;
  return error instanceof Error ? error.message : String(error);
}
