/**
 * Every operation of openapi.json gives an answer that the document describes, on two real hosts with a real VM. (The
 * harness holds each answer against the document; here every operation gets its turn.)
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { PartialDisk } from "../../src/api/schema/partial-disk.ts";
import { openDatabase } from "../../src/database/database.ts";
import { PartialDisks } from "../../src/storage/partial-disks.ts";
import { IdentityStore } from "../../src/trust/identity-store.ts";
import { createRequest } from "../../src/trust/certificate.ts";
import { createKey } from "../../src/trust/key.ts";
import { runProgram } from "../../src/base/run-program.ts";
import { inOwnNetwork } from "../vm/own-network.ts";
import { answered, operations } from "./documented.ts";
import { codeOf, makeDomain, type RunningAgent, runAgent } from "./running-agent.ts";
import { nextEvent } from "./watch-events.ts";

/** What only two agents that move a VM say to each other: schema-checked by both, and driven by test/migration/. */
const betweenAgents = [
  "POST /v1/peer/checks",
  "POST /v1/peer/join",
  "POST /v1/peer/migrations/{id}/discard",
  "POST /v1/peer/migrations/{id}/disown",
  "POST /v1/peer/migrations/{id}/take",
  "POST /v1/peer/probe",
  "POST /v1/peer/sessions",
];
/** Good only while something runs or is kept; driven by test/storage-mirror/, convergence/ and migration/. */
const seldom = [
  "POST /v1/migrations/{id}/resolve",
  "POST /v1/migrations/{id}/step-in",
  "POST /v1/vms/{vm}/move-storage/cancel",
];
/** Websockets, driven by test/console/. */
const websockets = ["GET /v1/vms/{vm}/screen", "GET /v1/vms/{vm}/serial"];
/** Driven by test/scheduler/. */
const ofTheScheduler = /\/(settings|drain|resume|place|slots)\b/;
/** Driven by `npm run test:cluster`, on etcd. */
const ofTheCluster = /\/cluster\b|\/best-host$/;

inOwnNetwork(import.meta.filename, () => {
  test("every operation answers as the document says", everyOperation);
});

async function everyOperation(): Promise<void> {
  await runProgram("ip", ["link", "set", "lo", "up"]);
  await runProgram("ip", ["link", "add", "br-test", "type", "bridge"]);
  await using a = await runAgent({
    name: "host-a",
    configure: (config) => {
      config.faultInjection = true;
    },
  });
  await using b = await runAgent({ name: "host-b" });
  await makeDomain("lab", a, b);
  await domains(a, b);
  await tokensAndPlaces(a);
  const shared = join(a.directory, "shared");
  mkdirSync(shared);
  for (const host of [a, b]) {
    await host.good("POST /v1/pools", { body: { name: "shared", path: shared } });
  }
  const other = join(a.directory, "other");
  mkdirSync(other);
  await a.good("POST /v1/pools", { body: { name: "other", path: other } });
  await vms(a);
  await a.good("POST /v1/vms/web01/upgrade", { body: { machineType: null } });
  await a.good("POST /v1/vms/web01/start");
  await a.good("GET /v1/vms/web01/cpu");
  await moveStorage(a, "shared");
  await a.good("POST /v1/vms/web01/power-off");
  await partialDisks(a, b);
  await migrations(a);
  await peers(a, b);
  await a.good("DELETE /v1/hosts/host-b");
  await a.good("POST /v1/host/shutdown/plan", { body: {} });
  await a.good("POST /v1/host/shutdown", { body: { moves: [], end: "stay-on" } });
  await a.good("GET /v1/host/shutdown");

  const missed = operations().filter(
    (name) =>
      !answered.has(name) &&
      !betweenAgents.includes(name) &&
      !websockets.includes(name) &&
      !seldom.includes(name) &&
      !ofTheCluster.test(name) &&
      !(ofTheScheduler.test(name) && !name.includes("/v1/vms/")),
  );
  assert.deepEqual(missed, []);
}

async function domains(a: RunningAgent, b: RunningAgent): Promise<void> {
  await using x = await runAgent({ name: "host-x" });
  await makeDomain("other", x);
  await a.good("GET /v1/domain");
  await a.good("GET /v1/cluster");
  await a.good("GET /v1/hosts");
  await a.good("GET /v1/host");
  await a.good("GET /v1/host/cpu");
  await a.good("GET /v1/hosts/baseline");
  await b.good("GET /health");
  await a.good("GET /metrics");
  await a.good("GET /v1/openapi.json");
  await a.good("POST /v1/domain/trusts", { body: await x.good("GET /v1/domain/certificate") });
  await a.good("GET /v1/domain/trusts");
  await a.good("DELETE /v1/domain/trusts/other");
}

async function tokensAndPlaces(a: RunningAgent): Promise<void> {
  await a.good("POST /v1/tokens", { body: { name: "ci", role: "viewer" } });
  await a.good("GET /v1/tokens");
  await a.good("GET /v1/session");
  await a.good("GET /v1/events/past?limit=3");
  const { url } = await a.good<{ url: string }>("POST /v1/session/links", { body: {} });
  await a.good("POST /v1/session", { body: { link: url.split("#login=")[1] } });
  await a.good("DELETE /v1/session");
  await a.good("DELETE /v1/tokens/ci");
  await a.good("PUT /v1/secrets/array", {
    body: { user: "ferry", password: "a password of CHAP" },
  });
  await a.good("GET /v1/secrets");
  await a.good("DELETE /v1/secrets/array");
  const path = join(a.directory, "pool");
  mkdirSync(path);
  await a.good("POST /v1/pools", { body: { name: "p1", path } });
  await a.good("GET /v1/pools");
  await a.good("GET /v1/pools/p1/files");
  await a.good("DELETE /v1/pools/p1");
  await a.good("POST /v1/switches", { body: { name: "s1", bridge: "br-test" } });
  await a.good("GET /v1/switches");
  await a.good("DELETE /v1/switches/s1");
}

async function vms(a: RunningAgent): Promise<void> {
  const disks = [{ pool: "shared", sizeBytes: 1_048_576 }];
  const body = { name: "web01", memoryMib: 64, disks };
  type Vm = { definition: { description: string } };
  const { definition } = await a.good<Vm>("POST /v1/vms", { body });
  await a.good("GET /v1/vms");
  const changed = { ...definition, description: "changed" };
  const vm = await a.good<Vm>("PUT /v1/vms/web01", { body: changed });
  assert.equal(vm.definition.description, "changed");
  await a.good("POST /v1/vms/web01/start");
  await a.good("POST /v1/vms/web01/pause");
  await a.good("POST /v1/vms/web01/resume");
  await a.good("POST /v1/vms/web01/restart");
  await moveStorage(a, "other");
  // A guest without an operating system hears no ACPI: it is powered off when the time is over.
  await a.good("POST /v1/vms/web01/shutdown", { body: { timeoutMs: 100 } });
  await a.good("POST /v1/vms/web01/start");
  await a.good("POST /v1/vms/web01/power-off");
  await a.good("GET /v1/vms/web01");
}

/** Answered at once; the copying goes on. */
async function moveStorage(a: RunningAgent, pool: string): Promise<void> {
  await a.good("POST /v1/vms/web01/move-storage", { body: { pool } });
  await nextEvent(a, ({ type, data }) => {
    const { storageMove } = data as {
      storageMove?: { state: string; disks: { targetPool: string }[] } | null;
    };
    return (
      type === "vm.changed" &&
      storageMove?.state === "completed" &&
      storageMove.disks[0]?.targetPool === pool
    );
  });
  const late = await a.ask("POST /v1/vms/web01/move-storage/cancel");
  assert.equal(late.status, 409);
}

async function migrations(a: RunningAgent): Promise<void> {
  await a.good("POST /v1/vms/web01/start");
  await a.good("GET /v1/checks");
  await a.good("POST /v1/checks", { body: { vm: "web01", target: "host-b" } });
  const body = { vm: "web01", target: "host-b" };
  await a.good("POST /v1/faults", { body: { point: "source:setup:inside", action: "hang" } });
  await a.good("GET /v1/faults");
  const { id } = await a.good<{ id: string }>("POST /v1/migrations", { body });
  await nextEvent(a, ({ subject, data }) => {
    return subject === id && (data as { stage: string | null }).stage === "setup";
  });
  const cancelled = await a.good<{ state: string }>(`POST /v1/migrations/${id}/cancel`);
  assert.equal(cancelled.state, "cancelled");
  await a.good("DELETE /v1/faults");
  await a.good(`GET /v1/migrations/${id}`);
  await a.good("GET /v1/migrations?scope=domain&vm=web01");
  await a.good("POST /v1/vms/web01/power-off");
  await a.good("DELETE /v1/vms/web01?disks=delete");
  assert.equal(codeOf(await a.ask("GET /v1/vms/web01")), "not-found");
}

/** What `b` keeps of a move, as test/storage-mirror/resume.test.ts sees it kept: in its database and its pool. */
async function partialDisks(a: RunningAgent, b: RunningAgent): Promise<void> {
  const path = join(b.directory, "kept");
  mkdirSync(path);
  await b.good("POST /v1/pools", { body: { name: "kept", path } });
  const file = "root.qcow2.partial-1f2e3d4c";
  writeFileSync(join(path, file), Buffer.alloc(65_536, 1));
  const kept = {
    ...{ migration: "1f2e3d4c-0000", vm: "vm-id", vmName: "db01", source: "host-a" },
    ...{ disk: "root", pool: "kept", file, keptAt: Date.now(), expiresAt: Date.now() + 1e8 },
  };
  const database = openDatabase(join(b.directory, "state/ferry.db"));
  new PartialDisks(database).add(kept);
  database.close();
  const list = "GET /v1/partial-disks?scope=domain";
  const { partialDisks } = await a.good<{ partialDisks: PartialDisk[] }>(list);
  assert.deepEqual(
    partialDisks.map(({ host, vm, bytes }) => [host, vm.name, bytes]),
    [["host-b", "db01", 65_536]],
  );
  const discard = `DELETE /v1/partial-disks/${kept.migration}`;
  assert.equal(codeOf(await a.ask(discard)), "not-found");
  await a.good(`${discard}?host=host-b`);
  assert.equal(existsSync(join(path, file)), false);
  assert.deepEqual((await a.good<{ partialDisks: [] }>(list)).partialDisks, []);
  assert.equal(codeOf(await a.ask(`${discard}?host=host-b`)), "not-found");
  await b.good("DELETE /v1/pools/kept");
}

async function peers(a: RunningAgent, b: RunningAgent): Promise<void> {
  const { membership } = new IdentityStore(join(b.directory, "state/trust"));
  assert.ok(membership);
  const tls = { key: membership.key, cert: membership.certificate };
  const body = await a.good("GET /v1/peer/roster", { tls });
  await a.good("PUT /v1/peer/roster", { tls, body });
  const certificateRequest = await createRequest(createKey(), "host-b");
  await a.good("POST /v1/peer/renew", { tls, body: { certificateRequest } });
  await a.good(`GET /v1/peer/migrations/${membership.host.id}`, { tls });
  answered.add("GET /v1/events"); // read by nextEvent, above
}
