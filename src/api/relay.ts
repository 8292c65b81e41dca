/**
 * Passes a request on to the host that can answer it: the one the caller named, or the one that has the VM or the
 * migration. This host has checked the caller's right and says in its name who asks. What was passed on once is
 * never passed on again, so that two hosts with different views can't send a request in circles.
 */
import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { errorChain, FerryError } from "../base/errors.ts";
import { callerName, roleOf } from "./caller.ts";
import { formatBehalf, onBehalfOfHeader } from "./identify.ts";
import { type Location, locateMigration, locateVm } from "./locate.ts";
import { otherMembers, type PeerAddress } from "./peer-directory.ts";
import type { Services } from "./services.ts";
import { importTimeoutMs } from "./timeouts.ts";

/** How a route's request tells which host is meant, if the caller does not say it. */
export type Locate = "vm-in-path" | "vm-in-body" | "migration-in-path";

/** Headers of the request that the answering host needs; the rest is between the caller and this host. */
const headersPassedOn = ["accept", "last-event-id", "if-match"] as const;

const headersPassedBack = ["content-type", "content-length", "cache-control", "etag"] as const;

/** Where the request is to be answered. @throws FerryError `not-found` for a host or thing nobody knows. */
export async function whereToAnswer(
  request: FastifyRequest,
  services: Services,
  locate: Locate | undefined,
): Promise<Location> {
  if (request.caller.kind === "host" || request.caller.kind === "relayed") return "here";
  const wanted = wantedHost(request);
  if (wanted !== undefined) return member(services, wanted);
  const { vm, id } = request.params as { vm?: string; id?: string };
  switch (locate) {
    case "vm-in-path":
      return await locateVm(services, vm ?? "");
    case "vm-in-body": {
      const named = (request.body as { vm?: unknown } | null)?.vm;
      return typeof named === "string" ? await locateVm(services, named) : "here";
    }
    case "migration-in-path":
      return await locateMigration(services, id ?? "");
    case undefined:
      return "here";
  }
}

export async function passOn(
  request: FastifyRequest,
  reply: FastifyReply,
  services: Services,
  peer: PeerAddress,
): Promise<void> {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort(new FerryError("cancelled", "The caller went away")));
  const answer = await services.peers.open(peer, {
    method: request.method,
    path: request.url,
    headers: headersToPass(request),
    ...(request.body === undefined || request.body === null ? {} : { body: request.body }),
    // The answering host has its own limits; the longest of them is an import's.
    timeoutMs: importTimeoutMs,
    signal: gone.signal,
  });
  // N.B. from here on the reply is no longer the framework's: were it, a caller that goes away would let the request
  // run on to its handler, and be done on this host.
  reply.hijack();
  reply.raw.writeHead(answer.statusCode ?? 502, headersToAnswer(answer));
  await pipeline(answer, reply.raw).catch((error: unknown) => {
    request.log.debug({ peer: peer.name, reason: errorChain(error) }, "a relayed answer broke off");
  });
}

function headersToAnswer(answer: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of headersPassedBack) {
    const value = answer.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

function wantedHost(request: FastifyRequest): string | undefined {
  const { host } = request.query as { host?: unknown };
  const header = request.headers["ferry-host"];
  const wanted = host ?? header;
  return typeof wanted === "string" && wanted !== "" ? wanted : undefined;
}

function member({ trust, self }: Services, wanted: string): Location {
  if (wanted === self.name || wanted === trust.membership?.host.id) return "here";
  const members = otherMembers(trust);
  const peer = members.find(({ id, name }) => id === wanted || name === wanted);
  if (peer !== undefined) return peer;
  const names = [self.name, ...members.map(({ name }) => name)].join(", ");
  throw new FerryError("not-found", `Cannot find host "${wanted}": the domain has ${names}`, {
    remedy: "Name one of these, or join the host: ferry host join",
  });
}

function headersToPass(request: FastifyRequest): Record<string, string> {
  const role = roleOf(request.caller) ?? "viewer";
  const headers: Record<string, string> = {
    [onBehalfOfHeader]: formatBehalf(role, callerName(request.caller)),
  };
  for (const name of headersPassedOn) {
    const value = request.headers[name];
    if (typeof value === "string") headers[name] = value;
  }
  return headers;
}
