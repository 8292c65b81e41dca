/** Where an agent is reached, and by what right. */
export type Endpoint =
  /** The agent of this machine. The socket's permissions are the right to use it. */
  | { readonly kind: "socket"; readonly path: string }
  /** Any agent of the domain. `ca` is the domain's certificate, PEM; only what it issued is talked to. */
  | { readonly kind: "tls"; readonly url: URL; readonly ca: string; readonly token: string };

/** As messages name it: the socket's path, or the URL without anything secret. */
export function describeEndpoint(endpoint: Endpoint): string {
  return endpoint.kind === "socket" ? endpoint.path : endpoint.url.origin;
}
