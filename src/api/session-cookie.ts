/** The cookie that proves a console session, and from which pages it counts. Pure. */
/** The prefix makes browsers insist: only over TLS, only this very host, the whole of it. */
const cookieName = "__Host-ferry-session";

export function sessionCookie(header: string | undefined): string | undefined {
  for (const part of (header ?? "").split(";")) {
    const [name, value] = part.trim().split("=");
    if (name === cookieName && value) return value;
  }
  return undefined;
}

/** No script can read it, no other site's page makes the browser send it, and it ends when the session does. */
export function setSessionCookie(secret: string, lifeMs: number): string {
  const age = Math.max(0, Math.floor(lifeMs / 1000));
  return `${cookieName}=${secret}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=${age}`;
}

export const clearSessionCookie = setSessionCookie("", 0);

/** Of a request's headers, those that say where it comes from. */
interface OriginHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly "sec-fetch-site"?: string | string[] | undefined;
}

/**
 * Whether the browser says that the asking page is this host's own. `SameSite` does not tell two ports of one host
 * apart; these headers do, and no page can set them.
 */
export function isFromOwnPage(headers: OriginHeaders): boolean {
  const site = headers["sec-fetch-site"];
  if (headers.origin !== undefined) return hostOf(headers.origin) === headers.host;
  return site === undefined || site === "same-origin" || site === "none";
}

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host;
}
