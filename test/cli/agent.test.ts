import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import type { Vm } from "../../src/api/schema/vm.ts";
import type { MigrationRecord } from "../../src/migration/record.ts";
import { type Outcome, twoAgents } from "./two-agents.ts";

/** What a command that worked printed; one that failed fails the test with its own words. */
function ok({ exit, out, err }: Outcome): string {
  assert.equal(exit, 0, err);
  return out;
}

async function aDomain() {
  const hosts = await twoAgents();
  ok(await hosts.onA("domain", "create", "lab"));
  const token = ok(await hosts.onA("domain", "token")).trim();
  ok(await hosts.onB("host", "join", token));
  for (const on of [hosts.onA, hosts.onB]) ok(await on("pool", "create", "vms", hosts.pool));
  return hosts;
}

test("a VM is created, moved there and back, kept as a document, recreated and deleted by commands alone", async () => {
  await using hosts = await aDomain();
  const { onA, onB } = hosts;
  const create = ["vm", "create", "web01", "--memory", "64M", "--disk", "vms,size=16M", "--no-vnc"];
  assert.equal(ok(await onA(...create, "--start")), "web01 is running on host-a\n");

  assert.match(
    ok(await onB("check", "web01", "host-b")),
    /web01 can move from host-a to host-b\nexpected  /,
  );
  // Asked of the host it goes to: the agent there finds the VM.
  const moved = ok(await onB("move", "web01", "host-b", "--verify", "--max-blackout", "10s"));
  assert.match(moved, /web01 memory-precopy\n/);
  assert.match(moved, /web01 moved from host-a to host-b .* and runs there\n/);
  assert.match(moved, /blackout .*: sending .*, loading .*, handover .*, resuming/);
  assert.match(moved, /verified +no page differs, compared in /);

  const back = JSON.parse(ok(await onA("move", "web01", "host-a", "--json"))) as MigrationRecord;
  assert.deepEqual([back.state, back.source, back.target], ["completed", "host-b", "host-a"]);
  assert.match(
    ok(await onB("migration", "list")),
    new RegExp(`\n${back.id} +web01 +host-b +host-a`),
  );
  assert.match(ok(await onB("migration", "show", "web01")), /STAGE +AFTER +TOOK\nsetup/);

  assert.equal((await onA("vm", "delete", "web01", "--yes")).exit, 5);
  ok(await onA("vm", "power-off", "web01", "--yes"));
  const document = join(hosts.directory, "web01.yaml");
  await writeFile(document, ok(await onA("vm", "export", "web01")));
  ok(await onA("vm", "delete", "web01", "--yes"));
  assert.equal(ok(await onA("vm", "apply", document)), "web01 is stopped on host-a\n");
  ok(await onA("vm", "set", "web01", "--memory", "96M", "--tags", "a,b"));
  const vm = JSON.parse(ok(await onB("vm", "show", "web01", "--json"))) as Vm;
  assert.deepEqual([vm.definition.memory.mib, vm.definition.tags], [96, ["a", "b"]]);
  ok(await onA("vm", "delete", "web01", "--disks", "--yes"));
  const left = (await readdir(hosts.pool)).filter((file) => file.endsWith(".qcow2"));
  assert.deepEqual(left, []);
});

test("from another machine a token opens what its role allows, with the domain's certificate only", async () => {
  await using hosts = await aDomain();
  const list = JSON.parse(ok(await hosts.onA("host", "list", "--json"))) as {
    hosts: { name: string; port: number }[];
  };
  const port = list.hosts.find(({ name }) => name === "host-a")?.port;
  const ca = join(hosts.directory, "ca.pem");
  await writeFile(ca, ok(await hosts.onA("domain", "certificate", "--pem")));
  const token = ok(await hosts.onA("token", "create", "eyes", "--role", "viewer")).trim();
  const there = (secret: string, ...words: string[]) => {
    const environment = { FERRY_SERVER: `https://127.0.0.1:${port}`, FERRY_TOKEN: secret };
    return hosts.remotely(environment, ...words, "--ca", ca);
  };

  assert.match(ok(await there(token, "vm", "list")), /^NAME/);
  assert.equal((await there(token, "switch", "create", "a", "lo")).exit, 3);
  assert.equal((await there("ferry-token-1.wrong", "vm", "list")).exit, 3);
  // host-b is another host of the domain: asked through host-a, on whose token it is done.
  assert.match(ok(await there(token, "host", "show", "host-b")), /^host +host-b/);

  await writeFile(ca, ok(await hosts.onA("domain", "certificate")));
  const { exit, err } = await there(token, "vm", "list");
  assert.deepEqual([exit, /domain certificate --pem/.test(err)], [2, true]);
});

test("names are completed by asking the agent", async () => {
  await using hosts = await aDomain();
  const complete = (...words: string[]) => hosts.onB("complete-words", "--", ...words);
  assert.equal(ok(await complete("move", "web01", "")), "host-a\nhost-b\n");
  assert.equal(ok(await complete("pool", "delete", "")), "vms\n");
});
