/** The console's one page and what a browser may do with it. Pure. */

/** What stands in the built page where each answer's own nonce goes. */
const noncePlace = "__NONCE__";

export function pageFor(page: string, nonce: string): string {
  return page.replaceAll(noncePlace, nonce);
}

/**
 * Nothing from anywhere else, no script but the built ones, no style but theirs. Fluent UI, xterm and noVNC make style
 * elements while they run: those carry the nonce. Pictures may be `data:`, as noVNC's pointers are.
 */
export function securityHeaders(nonce: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    "content-security-policy": policy.join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=()",
  };
}

export const notBuiltPage = `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>Ferry</title>
  <h1>The console is not built on this host</h1>
  <p>Run <code>npm run console</code> in Ferry's folder, as root, and start the agent again.</p>
</html>
`;
