/**
 * Which agent to ask, and by what right: options first, then the environment, then what is saved in ~/.config/ferry.
 * A token is read from the environment or from a file that only its owner can read; it is never an argument, where
 * every user of the machine could see it.
 */
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "../api/endpoint.ts";
import { FerryError } from "../base/errors.ts";

export const defaultSocket = "/run/ferry/ferryd.sock";
const defaultPort = "6600";
/** A token is a line, a certificate a few; a file larger than this is something else. */
const fileBytesMax = 64 * 1024;

export interface ConnectionOptions {
  readonly socket?: string;
  readonly server?: string;
  readonly ca?: string;
  readonly tokenFile?: string;
}

/** @throws FerryError `bad-input` or `unauthenticated`, saying what is missing and how to get it. */
export function chooseEndpoint(
  options: ConnectionOptions,
  environment: NodeJS.ProcessEnv,
): Endpoint {
  if (options.socket !== undefined && options.server !== undefined) {
    throw new FerryError("bad-input", "Cannot use both --socket and --server", {
      remedy: "Name the agent one way",
    });
  }
  // An option outweighs the environment, also the one of the other kind.
  const server =
    options.server ?? (options.socket === undefined ? environment["FERRY_SERVER"] : undefined);
  if (server) return tlsEndpoint(server, options, environment);
  return { kind: "socket", path: options.socket ?? (environment["FERRY_SOCKET"] || defaultSocket) };
}

function tlsEndpoint(
  server: string,
  options: ConnectionOptions,
  environment: NodeJS.ProcessEnv,
): Endpoint {
  const directory = join(environment["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "ferry");
  const url = parseServer(server);
  const ca = readSmallFile(options.ca ?? join(directory, "ca.pem"));
  if (ca === undefined || !isCertificate(ca)) {
    throw new FerryError(
      "bad-input",
      `Cannot trust the agent at "${url.origin}": there is no certificate of the domain here`,
      {
        remedy: `On a host of the domain run \`ferry domain certificate --pem\`; save it as ${join(directory, "ca.pem")} or name it with --ca`,
      },
    );
  }
  const token =
    environment["FERRY_TOKEN"] || readToken(options.tokenFile, join(directory, "token"));
  return { kind: "tls", url, ca, token: token.trim() };
}

function parseServer(text: string): URL {
  const url = URL.parse(text.includes("://") ? text : `https://${text}`);
  if (url?.protocol !== "https:" || url.hostname === "" || url.pathname !== "/" || url.search) {
    throw new FerryError("bad-input", `Cannot use server "${text}"`, {
      remedy: "Write it as https://host-a:6600 or host-a",
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new FerryError("bad-input", "Cannot use a server address with a user or password in it", {
      remedy: "Put a token into FERRY_TOKEN or a file",
    });
  }
  // The URL parser drops 443 as the default of https; whoever wrote it meant it.
  if (url.port === "" && !/:443\/?$/.test(text)) url.port = defaultPort;
  return url;
}

function readToken(given: string | undefined, saved: string): string {
  const path = given ?? saved;
  const token = readSmallFile(path);
  if (token === undefined) {
    throw new FerryError(
      "unauthenticated",
      given === undefined
        ? "Cannot use a remote agent without a token"
        : `Cannot read the token file "${path}"`,
      {
        remedy: `Make one on a host with \`ferry token create\`; put it into FERRY_TOKEN, or into ${saved} with mode 0600`,
      },
    );
  }
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new FerryError("bad-input", `Cannot use the token file "${path}": others can read it`, {
      remedy: `Run: chmod 600 ${path}; and replace the token, since others may have it`,
    });
  }
  return token;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}

/** Undefined when there is no such file; too large, unreadable or a directory is refused. */
function readSmallFile(path: string): string | undefined {
  try {
    if (statSync(path).size > fileBytesMax) throw new RangeError("too large");
    return readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new FerryError("bad-input", `Cannot read "${path}"`, {
      remedy: "Name a small text file that you may read",
      cause,
    });
  }
}
