/**
 * A connection to the one who may sign for a domain, before any of its certificates is known: a join token says the
 * fingerprint of its authority, and nothing is sent to a peer whose certificate that authority did not issue.
 */
import { connect, type TLSSocket } from "node:tls";
import { FerryError } from "../base/errors.ts";
import { fingerprint } from "./authority.ts";
import type { JoinTokenContent } from "./join-token.ts";
import { joinTimeoutMs } from "./limits.ts";
import { identityIn } from "./peer-identity.ts";

/** @throws FerryError `unreachable`, `timeout`, `peer-refused`. */
export async function connectPinned(token: JoinTokenContent): Promise<Pinned> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({
    host: token.address,
    port: token.port,
    minVersion: "TLSv1.3",
    ALPNProtocols: ["http/1.1"],
    // No authority is known yet; the fingerprint below decides, before a byte is sent.
    rejectUnauthorized: false,
  });
  const where = `${token.address} port ${token.port}`;
  socket.setTimeout(joinTimeoutMs, () => {
    socket.destroy(
      new FerryError("timeout", `Cannot join: the issuer at ${where} does not answer`),
    );
  });
  socket.on("error", (cause) => {
    const error = new FerryError(
      "unreachable",
      `Cannot join: the issuer at ${where} can't be reached`,
      {
        remedy: "Check that its agent runs and that the port is open between the hosts",
        cause,
      },
    );
    reject(cause instanceof FerryError ? cause : error);
  });
  socket.once("secureConnect", resolve);
  await promise;
  if (!isPinned(socket, token.authority)) {
    socket.destroy();
    throw new FerryError(
      "peer-refused",
      `Cannot join: ${where} is not of the domain that the token is for`,
      { remedy: "Make a new token on the domain; if it happens again, someone is in between" },
    );
  }
  return { socket, [Symbol.dispose]: () => socket.destroy() };
}

interface Pinned extends Disposable {
  readonly socket: TLSSocket;
}

/** True when the peer's certificate was issued by the authority with this fingerprint. */
function isPinned(socket: TLSSocket, authority: string): boolean {
  const leaf = socket.getPeerX509Certificate();
  const issuer = leaf?.issuerCertificate;
  if (leaf === undefined || issuer === undefined) return false;
  return (
    fingerprint(issuer.toString()) === authority &&
    leaf.verify(issuer.publicKey) &&
    identityIn(leaf) !== undefined
  );
}
