/**
 * Serves the console to whoever asks: the files are no secret, and everything they show comes from the API. Every path
 * below /console/ that is no file is a page of the one application.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type ConsoleFile, readConsoleFiles } from "./console-files.ts";
import { notBuiltPage, pageFor, securityHeaders } from "./console-page.ts";

const prefix = "/console/";
const builtFolder = new URL("../../console/dist", import.meta.url).pathname;
const year = 365 * 86_400;

export class ConsoleServer {
  readonly #files: ReadonlyMap<string, ConsoleFile>;

  constructor(directory: string = builtFolder) {
    this.#files = readConsoleFiles(directory);
  }

  /** Answers what is the console's; false for everything else. */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const { method = "GET" } = request;
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const isOurs = path === "/" || path === "/console" || path.startsWith(prefix);
    if (!isOurs || (method !== "GET" && method !== "HEAD")) return false;
    if (!path.startsWith(prefix)) redirect(response);
    else {
      const name = path.slice(prefix.length);
      const file = this.#files.get(name);
      if (file !== undefined && name !== "index.html") sendFile(request, response, file);
      else if (name.startsWith("assets/")) response.writeHead(404).end();
      else this.#sendPage(request, response);
    }
    return true;
  }

  #sendPage(request: IncomingMessage, response: ServerResponse): void {
    const nonce = randomBytes(18).toString("base64");
    const page = this.#files.get("index.html")?.body.toString("utf8");
    const body = Buffer.from(page === undefined ? notBuiltPage : pageFor(page, nonce));
    response.writeHead(page === undefined ? 503 : 200, {
      ...securityHeaders(nonce),
      "content-type": "text/html; charset=utf-8",
      "content-length": body.length,
      "cache-control": "no-store",
    });
    response.end(request.method === "HEAD" ? undefined : body);
  }
}

function redirect(response: ServerResponse): void {
  response.writeHead(302, { location: prefix, "content-length": 0 }).end();
}

function sendFile(request: IncomingMessage, response: ServerResponse, file: ConsoleFile): void {
  const headers = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": file.keepsForEver ? `public, max-age=${year}, immutable` : "no-cache",
    etag: file.tag,
    vary: "accept-encoding",
  };
  if (request.headers["if-none-match"] === file.tag) {
    response.writeHead(304, headers).end();
    return;
  }
  const takesBrotli = /\bbr\b/.test(String(request.headers["accept-encoding"] ?? ""));
  const compressed = takesBrotli ? file.brotli : undefined;
  const body = compressed ?? file.body;
  response.writeHead(200, {
    ...headers,
    "content-type": file.type,
    "content-length": body.length,
    ...(compressed !== undefined && { "content-encoding": "br" }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
