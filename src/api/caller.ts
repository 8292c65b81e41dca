/** Who asks: what a request proved, and what its answer may depend on. Plain data. */
import { invariant } from "../base/invariant.ts";
import type { PeerIdentity } from "../trust/peer-identity.ts";
import type { Role } from "./schema/token.ts";

export type Caller =
  /** Over the machine's unix socket: its permissions are the right. */
  | { readonly kind: "local"; readonly role: "administrator"; readonly name: string }
  | { readonly kind: "token"; readonly role: Role; readonly name: string }
  /** A person at the console, whose browser showed the session's cookie. */
  | {
      readonly kind: "session";
      readonly role: Role;
      readonly name: string;
      readonly id: string;
      readonly expiresAt: number;
    }
  /** A host that proved its certificate. `member`: of this host's own domain, not one that is merely trusted. */
  | {
      readonly kind: "host";
      readonly identity: PeerIdentity;
      readonly name: string;
      readonly member: boolean;
    }
  /** A person or script that asked another member, which checked its right and passes the request on. */
  | {
      readonly kind: "relayed";
      readonly role: Role;
      readonly name: string;
      readonly identity: PeerIdentity;
    }
  /** `refused`: a certificate was shown and is not believed. */
  | { readonly kind: "anonymous"; readonly reason: string; readonly refused: boolean };

/** For records and logs: who asked for this. */
export function callerName(caller: Caller): string {
  return caller.kind === "anonymous" ? "nobody" : caller.name;
}

/** The host behind a request to a route that only a host's certificate opens (src/api/auth.ts). */
export function provenHost(caller: Caller): Extract<Caller, { kind: "host" }> {
  invariant(caller.kind === "host", "only a host's certificate opens this route");
  return caller;
}

export function roleOf(caller: Caller): Role | undefined {
  return "role" in caller ? caller.role : undefined;
}
