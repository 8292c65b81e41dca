import assert from "node:assert/strict";
import { test } from "node:test";
import { type Access, accessOf, accessTable, decide, routeKey } from "./auth.ts";
import type { Caller } from "./caller.ts";

const identity = { domain: "d", host: "h" };
const callers = {
  anonymous: { kind: "anonymous", reason: "", refused: false },
  viewer: { kind: "token", role: "viewer", name: "v" },
  operator: { kind: "token", role: "operator", name: "o" },
  administrator: { kind: "token", role: "administrator", name: "a" },
  local: { kind: "local", role: "administrator", name: "l" },
  "relayed viewer": { kind: "relayed", role: "viewer", name: "r", identity },
  member: { kind: "host", identity, name: "h", member: true },
  "foreign host": { kind: "host", identity, name: "h", member: false },
} as const satisfies Record<string, Caller>;

/** Who is granted what; everyone else is not. */
const granted: Record<Access, (keyof typeof callers)[]> = {
  anyone: Object.keys(callers) as (keyof typeof callers)[],
  viewer: ["viewer", "operator", "administrator", "local", "relayed viewer", "member"],
  operator: ["operator", "administrator", "local"],
  administrator: ["administrator", "local"],
  host: ["member", "foreign host"],
  member: ["member"],
};

test("decide grants each access to exactly those it is for", () => {
  for (const [access, names] of Object.entries(granted)) {
    for (const [name, caller] of Object.entries(callers)) {
      const refusal = name === "anonymous" ? "unauthenticated" : "forbidden";
      const expected = names.some((other) => other === name) ? "granted" : refusal;
      assert.equal(decide(caller, access as Access), expected, `${name} on ${access}`);
    }
  }
});

test("nothing but health, the document, the console's door and the join is open to anyone", () => {
  const open = Object.entries(accessTable).filter(([, access]) => access === "anyone");
  assert.deepEqual(
    open.map(([key]) => key),
    [
      "GET /health",
      "GET /v1/openapi.json",
      "POST /v1/session",
      "DELETE /v1/session",
      "POST /v1/peer/join",
    ],
  );
});

test("no role opens a peer route, and no viewer changes anything", () => {
  for (const [key, access] of Object.entries(accessTable)) {
    if (key.includes("/v1/peer/") && key !== "POST /v1/peer/join") {
      assert.ok(access === "host" || access === "member", key);
    } else if (!key.startsWith("GET ")) {
      assert.notEqual(access, "viewer", key);
    }
  }
});

test("accessOf knows a route by the router's spelling, and no other name", () => {
  assert.equal(accessOf(routeKey("GET", "/v1/vms/:vm")), "viewer");
  assert.equal(accessOf("toString"), undefined);
});
