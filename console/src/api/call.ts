/**
 * The agent's API for the pages: one call per route, typed by the agent's own table, its errors as they are. The
 * session's cookie goes along by itself.
 */
import type { CallArguments, CallOptions, Routes } from "../../../src/api/routes-table.ts";
import { type ErrorCode, errorCodes, FerryError } from "../../../src/base/errors.ts";

export type Answer<Route extends keyof Routes> = Routes[Route]["answer"];

/** Any route's request, for the code that serves them all. */
interface LooseRequest extends CallOptions {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly query?: object | undefined;
  readonly body?: unknown;
}

/** Long enough for checks on slow storage; what takes longer says so itself. */
const answerTimeoutMs = 120_000;

const sessionEnded = new Set<() => void>();

/** Told when the agent no longer knows the session. */
export function onSessionEnded(listener: () => void): () => void {
  sessionEnded.add(listener);
  return () => void sessionEnded.delete(listener);
}

/** @throws FerryError the agent's own, or `unreachable`, `timeout`. */
export async function call<Route extends keyof Routes>(
  route: Route,
  ...[request]: CallArguments<Route>
): Promise<Answer<Route>> {
  const { params, query, body, host, signal, timeoutMs, generation } = (request ??
    {}) as LooseRequest;
  const [method = "GET", path = "/"] = route.split(" ");
  const deadline = AbortSignal.timeout(timeoutMs ?? answerTimeoutMs);
  const response = await send(fillPath(path, params ?? {}) + queryText({ ...query, host }), {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(generation === undefined ? {} : { "if-match": `"${generation}"` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
  });
  if (response.status === 204) return undefined as Answer<Route>;
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer as Answer<Route>;
  const error = errorOf(answer, response.status);
  if (error.code === "unauthenticated") for (const listener of sessionEnded) listener();
  throw error;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (cause) {
    if (init.signal?.aborted === true) {
      const isLate = (init.signal.reason as Error | undefined)?.name === "TimeoutError";
      if (!isLate) throw cause;
      throw new FerryError("timeout", "Cannot wait longer for the agent", {
        remedy: "It may still be at it: look at the VM or the migration before trying again",
        cause,
      });
    }
    throw new FerryError("unreachable", "Cannot reach the agent of this host", {
      remedy: "This page goes on by itself once it answers again",
      cause,
    });
  }
}

function errorOf(answer: unknown, status: number): FerryError {
  const body = (answer as { error?: Record<string, unknown> } | undefined)?.error;
  const { code, message, remedy, details } = body ?? {};
  if (typeof message !== "string") {
    return new FerryError("peer-protocol", `Cannot understand the answer (HTTP status ${status})`, {
      remedy: "Load the page again: the agent may be another version now",
    });
  }
  // A newer agent may know codes that this page does not: its message still counts.
  const known = typeof code === "string" && Object.hasOwn(errorCodes, code);
  return new FerryError(known ? (code as ErrorCode) : "internal", message, {
    ...(typeof remedy === "string" && { remedy }),
    details,
  });
}

function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
}

function queryText(query: object): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  if (given.length === 0) return "";
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`;
}
