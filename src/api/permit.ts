/** Refuses a request whose caller may not make it, in words that say what it would take. */
import { FerryError } from "../base/errors.ts";
import { accessOf, decide } from "./auth.ts";
import type { Caller } from "./caller.ts";

/** @throws FerryError `unauthenticated`, `peer-refused`, `forbidden`. */
export function permit(caller: Caller, key: string): void {
  const access = accessOf(key);
  // A path that no route has; the handler for those answers.
  if (access === undefined) return;
  const permission = decide(caller, access);
  if (permission === "granted") return;
  if (caller.kind === "anonymous")
    throw caller.refused ? refusedPeer(caller) : unknown(caller, key);
  const present = "role" in caller ? `a ${caller.role}` : "a host";
  throw new FerryError(
    "forbidden",
    `Cannot do ${key}: the caller is ${present}, it takes ${access}`,
    {
      remedy: "Use a token of that role: ferry token create",
    },
  );
}

function refusedPeer({ reason }: { reason: string }): FerryError {
  return new FerryError("peer-refused", `Cannot answer this host: ${reason}`, {
    remedy:
      "Join it to the domain (ferry host join), or let the domains trust each other (ferry domain trust)",
  });
}

function unknown({ reason }: { reason: string }, key: string): FerryError {
  return new FerryError("unauthenticated", `Cannot answer ${key}: ${reason}`, {
    remedy: "Show a token (ferry token create), or use the local socket on the host itself",
  });
}
