/** Finds out who asks, from the connection and the headers of a request. */
import type { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { Trust } from "../trust/trust.ts";
import type { Caller } from "./caller.ts";
import { nameOfPeer } from "./peer-directory.ts";
import { type Role, roles } from "./schema/token.ts";
import type { ConsoleSessions } from "./console-sessions.ts";
import { isFromOwnPage, sessionCookie } from "./session-cookie.ts";
import type { Tokens } from "./tokens.ts";

/** Says for whom a member passes a request on: `ROLE NAME`, the name percent-encoded. */
export const onBehalfOfHeader = "ferry-on-behalf-of";

/** What proves who asks. */
export interface Proofs {
  readonly trust: Trust;
  readonly tokens: Tokens;
  readonly sessions: ConsoleSessions;
}

export function identifyCaller(
  request: IncomingMessage,
  { trust, tokens, sessions }: Proofs,
): Caller {
  const { socket, headers } = request;
  // What is not TLS came over the unix socket: no other door is without it (src/api/listener.ts).
  if (!(socket instanceof TLSSocket)) {
    return { kind: "local", role: "administrator", name: "local administrator" };
  }
  const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (bearer !== undefined) return byToken(bearer, tokens);
  const cookie = sessionCookie(headers.cookie);
  if (cookie !== undefined) return bySession(cookie, request, sessions);
  const certificate = certificateOf(socket);
  if (certificate === undefined) {
    return anonymous("the request shows neither a token nor a certificate");
  }
  const verdict = trust.checkPeer(certificate, socket.remoteAddress ?? "a closed connection");
  if (!verdict.trusted) return { ...anonymous(verdict.detail), refused: true };
  const { identity } = verdict;
  const name = nameOfPeer(trust, identity);
  const member = identity.domain === trust.membership?.domain.id;
  const behalf = parseBehalf(headers[onBehalfOfHeader]);
  if (member && behalf !== undefined) {
    return { kind: "relayed", role: behalf.role, name: `${behalf.name} by ${name}`, identity };
  }
  return { kind: "host", identity, name, member };
}

/** One object for a connection's life: judging it is dear the first time only (src/trust/peer-identity.ts). */
const certificates = new WeakMap<TLSSocket, X509Certificate>();

function certificateOf(socket: TLSSocket): X509Certificate | undefined {
  const known = certificates.get(socket);
  if (known !== undefined) return known;
  const shown = socket.getPeerX509Certificate();
  if (shown !== undefined) certificates.set(socket, shown);
  return shown;
}

function byToken(text: string, tokens: Tokens): Caller {
  const token = tokens.verify(text);
  return token === undefined
    ? anonymous("the token is not valid here")
    : { kind: "token", role: token.role, name: `token ${token.name}` };
}

/** A browser sends its cookies whoever made it ask: only the console's own page is believed. */
function bySession(cookie: string, request: IncomingMessage, sessions: ConsoleSessions): Caller {
  if (!isFromOwnPage(request.headers)) {
    return anonymous("the browser sent it for a page of another origin");
  }
  const session = sessions.verify(cookie);
  return session === undefined
    ? anonymous("the session is over")
    : { kind: "session", ...session, name: `${session.name} at the console` };
}

function anonymous(reason: string): Extract<Caller, { kind: "anonymous" }> {
  return { kind: "anonymous", reason, refused: false };
}

export function formatBehalf(role: Role, name: string): string {
  return `${role} ${encodeURIComponent(name)}`;
}

function parseBehalf(
  header: string | string[] | undefined,
): { role: Role; name: string } | undefined {
  const [, role, name] = /^(\w+) ([\w%.~*'()!-]{1,256})$/.exec(String(header ?? "")) ?? [];
  const known = roles.find((candidate) => candidate === role);
  if (known === undefined || name === undefined) return undefined;
  try {
    return { role: known, name: decodeURIComponent(name) };
  } catch {
    // Not a name anyone encoded; the request then counts as the host's own.
    return undefined;
  }
}
