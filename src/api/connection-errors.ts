/** Why no exchange with an agent came about, as an error that says what to do about it. Pure. */
import { FerryError } from "../base/errors.ts";
import type { Endpoint } from "./endpoint.ts";

export function refusedConnection(endpoint: Endpoint, cause: NodeJS.ErrnoException): FerryError {
  return endpoint.kind === "socket"
    ? refusedSocket(endpoint.path, cause)
    : refusedTls(endpoint.url, cause);
}

function refusedSocket(path: string, cause: NodeJS.ErrnoException): FerryError {
  const agent = `the agent at "${path}"`;
  switch (cause.code) {
    case "ENOENT":
    case "ECONNREFUSED":
      return new FerryError("unreachable", `Cannot reach ${agent}: it does not run`, {
        remedy: "Start it with: systemctl start ferryd. Or name another host's agent: --server",
        cause,
      });
    case "EACCES":
    case "EPERM":
      return new FerryError("forbidden", `Cannot use ${agent}: its socket refuses this user`, {
        remedy:
          "Run as root, join the group that api.socketGroup of ferryd.yaml names, or use --server with a token",
        cause,
      });
    default:
      return new FerryError("unreachable", `Cannot reach ${agent}: the connection broke`, {
        remedy: "Look into the agent's log: journalctl -u ferryd",
        cause,
      });
  }
}

function refusedTls(url: URL, cause: NodeJS.ErrnoException): FerryError {
  const code = cause.code ?? "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return new FerryError(
      "peer-refused",
      `Cannot trust the agent at "${url.origin}": its certificate is for another name`,
      { remedy: "Use the host's name as `ferry host list` shows it", cause },
    );
  }
  if (code === "CERT_HAS_EXPIRED") {
    return new FerryError(
      "peer-refused",
      `Cannot trust the agent at "${url.origin}": its certificate has expired`,
      {
        remedy: "Check the clocks of both machines; agents renew their certificates by themselves",
        cause,
      },
    );
  }
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return new FerryError(
      "peer-refused",
      `Cannot trust the agent at "${url.origin}": its certificate is not of the domain known here`,
      {
        remedy:
          "Give the domain's certificate with --ca; on one of its hosts: ferry domain certificate --pem",
        cause,
      },
    );
  }
  const present: Record<string, string> = {
    ENOTFOUND: "its name has no address",
    EAI_AGAIN: "the name service does not answer",
    ECONNREFUSED: "nothing listens on that port",
    EHOSTUNREACH: "there is no route to it",
    ENETUNREACH: "there is no route to it",
    ETIMEDOUT: "it does not answer",
  };
  return new FerryError(
    "unreachable",
    `Cannot reach the agent at "${url.origin}": ${present[code] ?? "the connection broke"}`,
    { remedy: "Check the address, the port (6600 by default) and the firewall between", cause },
  );
}
