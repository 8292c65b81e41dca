/**
 * Who may call what: one table, every route in it, and the pure decision over it. A route that is not in the table
 * can't be registered (src/api/server.ts), so that none is open by forgetting.
 */
import type { Caller } from "./caller.ts";
import { roleOf } from "./caller.ts";
import { type Role, roles } from "./schema/token.ts";

export type Access =
  /** Nothing is proven and nothing is told. */
  | "anyone"
  | Role
  /** Any host whose certificate is believed, of this domain or a trusted one. */
  | "host"
  /** A host of this domain. */
  | "member";

export const accessTable = {
  "GET /health": "anyone",
  "GET /v1/openapi.json": "anyone",
  // The token or link in the body is the proof; logging out takes away and gives nothing.
  "POST /v1/session": "anyone",
  "DELETE /v1/session": "anyone",
  "GET /v1/session": "viewer",
  "POST /v1/session/links": "administrator",
  "GET /metrics": "viewer",
  "GET /v1/events": "viewer",
  "GET /v1/events/past": "viewer",

  "GET /v1/host": "viewer",
  "GET /v1/hosts": "viewer",
  "GET /v1/host/cpu": "viewer",
  "GET /v1/hosts/baseline": "viewer",
  "DELETE /v1/hosts/{host}": "administrator",

  "GET /v1/host/settings": "viewer",
  "PUT /v1/host/settings": "administrator",
  "GET /v1/host/drain": "viewer",
  "POST /v1/host/drain/plan": "operator",
  "POST /v1/host/drain": "administrator",
  "POST /v1/host/resume": "administrator",
  "GET /v1/host/shutdown": "viewer",
  "POST /v1/host/shutdown/plan": "operator",
  "POST /v1/host/shutdown": "administrator",

  "GET /v1/domain": "viewer",
  "POST /v1/domain": "administrator",
  "POST /v1/domain/join": "administrator",
  "POST /v1/domain/join-tokens": "administrator",
  "GET /v1/domain/certificate": "viewer",
  "GET /v1/domain/trusts": "viewer",
  "POST /v1/domain/trusts": "administrator",
  "DELETE /v1/domain/trusts/{id}": "administrator",

  "GET /v1/cluster": "viewer",
  "POST /v1/cluster": "administrator",
  "POST /v1/cluster/join": "administrator",
  "POST /v1/cluster/leave": "administrator",
  // An administrator's: whoever is forgotten must be gone.
  "POST /v1/cluster/forget": "administrator",
  "PUT /v1/cluster/settings": "administrator",
  "GET /v1/cluster/balance": "viewer",
  // Definitions of VMs and nothing that opens a door; restoring makes a new truth.
  "GET /v1/cluster/backup": "administrator",
  "POST /v1/cluster/restore": "administrator",
  "GET /v1/cluster/volumes": "viewer",
  "PUT /v1/cluster/volumes/{pool}": "administrator",
  "DELETE /v1/cluster/volumes/{pool}": "administrator",
  "GET /v1/cluster/disks": "viewer",
  "POST /v1/cluster/disks": "administrator",
  "POST /v1/cluster/disks/remove": "administrator",
  "GET /v1/cluster/fences": "administrator",
  "PUT /v1/cluster/fences/{host}": "administrator",
  "POST /v1/cluster/fences/{host}/test": "administrator",
  "DELETE /v1/cluster/fences/{host}": "administrator",
  "POST /v1/cluster/replace-member": "administrator",
  // An administrator's: a wrong word makes two of one VM.
  "POST /v1/cluster/confirm-dead": "administrator",
  "GET /v1/vms/{vm}/best-host": "viewer",
  "PUT /v1/vms/{vm}/cluster": "administrator",
  "DELETE /v1/vms/{vm}/cluster": "administrator",

  "GET /v1/partial-disks": "viewer",
  "DELETE /v1/partial-disks/{migration}": "operator",
  "GET /v1/pools": "viewer",
  // An administrator's: a pool makes a directory of the host readable and writable for guests.
  "POST /v1/pools": "administrator",
  "DELETE /v1/pools/{pool}": "administrator",
  "GET /v1/pools/{pool}/files": "viewer",
  "GET /v1/switches": "viewer",
  "POST /v1/switches": "administrator",
  "DELETE /v1/switches/{switch}": "administrator",
  "GET /v1/secrets": "administrator",
  "PUT /v1/secrets/{secret}": "administrator",
  "DELETE /v1/secrets/{secret}": "administrator",

  "GET /v1/vms": "viewer",
  // An administrator's: an import reads any file of the host.
  "POST /v1/vms": "administrator",
  "GET /v1/vms/{vm}": "viewer",
  "GET /v1/vms/{vm}/cpu": "viewer",
  "PUT /v1/vms/{vm}": "administrator",
  "DELETE /v1/vms/{vm}": "administrator",
  "POST /v1/vms/{vm}/start": "operator",
  "POST /v1/vms/{vm}/shutdown": "operator",
  "POST /v1/vms/{vm}/power-off": "operator",
  "POST /v1/vms/{vm}/pause": "operator",
  "POST /v1/vms/{vm}/resume": "operator",
  "POST /v1/vms/{vm}/restart": "operator",
  "POST /v1/vms/{vm}/upgrade": "administrator",
  "POST /v1/vms/{vm}/move-storage": "operator",
  "POST /v1/vms/{vm}/move-storage/cancel": "operator",
  // Whoever sees the screen holds the keyboard as well.
  "GET /v1/vms/{vm}/screen": "operator",
  "GET /v1/vms/{vm}/serial": "operator",

  "GET /v1/checks": "viewer",
  "POST /v1/checks": "operator",
  "GET /v1/migrations": "viewer",
  "POST /v1/migrations": "operator",
  "GET /v1/migrations/{id}": "viewer",
  "POST /v1/migrations/{id}/cancel": "operator",
  "POST /v1/migrations/{id}/place": "operator",
  // An administrator's: a wrong word makes two of one VM.
  "POST /v1/migrations/{id}/resolve": "administrator",
  "POST /v1/migrations/{id}/step-in": "operator",
  "POST /v1/faults": "administrator",
  "GET /v1/faults": "administrator",
  "DELETE /v1/faults": "administrator",

  "GET /v1/tokens": "administrator",
  "POST /v1/tokens": "administrator",
  "DELETE /v1/tokens/{id}": "administrator",

  // The join secret in the body is the proof.
  "POST /v1/peer/join": "anyone",
  "POST /v1/peer/renew": "member",
  // Trusted domains must learn whom this one expelled.
  "GET /v1/peer/roster": "host",
  "PUT /v1/peer/roster": "member",
  "GET /v1/peer/cluster": "member",
  "GET /v1/peer/cluster/room": "member",
  "POST /v1/peer/cluster/consent": "member",
  // A VM that leaves the cluster may go to a trusted domain.
  "POST /v1/peer/cluster/owner": "host",
  "POST /v1/peer/cluster/disk": "member",
  "POST /v1/peer/cluster/member": "member",
  "POST /v1/peer/cluster/restored": "member",
  "POST /v1/peer/checks": "host",
  "POST /v1/peer/probe": "host",
  "POST /v1/peer/sessions": "host",
  "POST /v1/peer/slots": "host",
  "DELETE /v1/peer/slots/{id}": "host",
  "GET /v1/peer/migrations/{id}": "host",
  "POST /v1/peer/migrations/{id}/take": "host",
  "POST /v1/peer/migrations/{id}/discard": "host",
  "POST /v1/peer/migrations/{id}/disown": "host",
} as const satisfies Record<string, Access>;

export type RouteKey = keyof typeof accessTable;

/** The table's key of a route, from the router's spelling of it. */
export function routeKey(method: string, path: string): string {
  return `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`;
}

export function accessOf(key: string): Access | undefined {
  return Object.hasOwn(accessTable, key) ? accessTable[key as RouteKey] : undefined;
}

export type Permission = "granted" | "unauthenticated" | "forbidden";

export function decide(caller: Caller, access: Access): Permission {
  if (access === "anyone") return "granted";
  if (caller.kind === "anonymous") return "unauthenticated";
  switch (access) {
    case "host":
      return caller.kind === "host" ? "granted" : "forbidden";
    case "member":
      return caller.kind === "host" && caller.member ? "granted" : "forbidden";
    default: {
      // A member by itself may look: that is how hosts find VMs and migrations in the domain.
      const role = caller.kind === "host" && caller.member ? "viewer" : roleOf(caller);
      return role !== undefined && roles.indexOf(role) >= roles.indexOf(access)
        ? "granted"
        : "forbidden";
    }
  }
}
