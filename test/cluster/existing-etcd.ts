/**
 * `npm run test:cluster`: a cluster on an etcd that somebody else looks after, with certificates of its own: created, joined, refused with the reason when the
 * certificates are wrong, and a VM that fails over in it. And the limit on moves at once.
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { createGuest } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import { inNamespace } from "../../lab/namespaces.ts";
import { clientAddress, clientName, namespaceOf } from "../../lab/topology.ts";
import { finished, followed, startMove } from "../move/moves.ts";
import { clusterOf, runsOn, until } from "./cluster-lab.ts";

const run = promisify(execFile);
const endpoint = `https://${clientAddress}:2379`;
let lab: Lab;
let directory: string;

before(async () => {
  lab = await Lab.up({ name: "ownetcd", hosts: 3, guest: "small" });
  directory = join(lab.directory, "etcd");
  await makeCertificates();
  startEtcd();
});

after(() => Lab.down("ownetcd"));

test("a cluster begins on it and hosts join; without its certificates, or with wrong ones, they hear why not", async () => {
  const [a, b, c] = [lab.host("host-a"), lab.host("host-b"), lab.host("host-c")];
  const create = ["cluster", "create", "prod", "--etcd", endpoint];
  const stranger = await a.ferry(create);
  assert.match(stranger.stderr, /etcd/);
  assert.equal((await a.api("GET /v1/cluster")).cluster, null);
  const half = await a.ferry([...create, "--etcd-ca", join(directory, "ca.pem")]);
  assert.match(half.stderr, /three files are wanted/);
  await until(
    "etcd answers",
    async () => (await a.ferry([...create, ...files("client")])).exitCode === 0,
  );
  const wrong = await b.ferry(["cluster", "join", ...files("stranger")]);
  assert.notEqual(wrong.exitCode, 0);
  for (const host of [b, c]) {
    const joined = await host.ferry(["cluster", "join", ...files("client")]);
    assert.equal(joined.exitCode, 0, joined.stderr);
  }
  const { managed, hosts, problems } = await clusterOf(b);
  assert.deepEqual([managed, hosts.length, problems], [false, 3, []]);
});

test("moves at once are limited in the whole cluster: the second waits for the first, on whichever host it is", async () => {
  const host = lab.host("host-b");
  for (const [name, at, on] of [
    ["one", "10.77.0.51", "host-a"],
    ["two", "10.77.0.52", "host-b"],
  ] as const) {
    await createGuest(lab, { name, host: on, address: at, memoryMib: 128, services: ["disk"] });
  }
  const bad = await host.ferry(["cluster", "set", "--max-moves", "0"]);
  assert.match(bad.stderr, /Cannot allow "0" moves at once/);
  assert.equal((await host.ferry(["cluster", "set", "--max-moves", "1"])).exitCode, 0);
  await until("every host knows", async () => {
    const seen = await Promise.all(lab.hosts.map((each) => clusterOf(each)));
    return seen.every(({ settings }) => settings.movesMax === 1);
  });
  // So slow that both are under way at once, if they are let.
  const first = await startMove(lab, "one", "host-c", { bandwidthBytesPerSecond: 2_000_000 });
  await followed(lab, first, ({ stage }) => stage === "memory-precopy");
  const second = await startMove(lab, "two", "host-a");
  const waiting = await followed(
    lab,
    second,
    ({ waitingFor, endedAt }) => endedAt !== null || /moves under way/.test(waitingFor ?? ""),
  );
  assert.equal(waiting.state, "queued");
  assert.equal((await finished(lab, first)).state, "completed");
  assert.equal((await finished(lab, second)).state, "completed");
});

test("a host loses its power: its VM starts elsewhere", async () => {
  const [a, b, c] = [lab.host("host-a"), lab.host("host-b"), lab.host("host-c")];
  const clustered = await c.ferry(["vm", "cluster", "one"]);
  assert.equal(clustered.exitCode, 0, clustered.stderr);
  await c.powerCut();
  await until("it runs elsewhere", async () => (await runsOn([a, b], "one")).length === 1);
  await c.agent.start();
  await until("the host is back", async () => (await clusterOf(c)).lease.standing === "held");
  assert.equal((await runsOn(lab.hosts, "one")).length, 1);
});

function files(whose: string): string[] {
  const [ca, cert, key] = ["ca.pem", `${whose}.pem`, `${whose}.key`].map((file) =>
    join(directory, file),
  );
  return ["--etcd-ca", ca ?? "", "--etcd-cert", cert ?? "", "--etcd-key", key ?? ""];
}

/** As an administrator makes them: an authority, etcd's certificate, one for Ferry's hosts, and one of another authority. */
async function makeCertificates(): Promise<void> {
  await mkdir(directory, { recursive: true });
  const addresses = [clientAddress, ...lab.hosts.map(({ address }) => address)];
  const names = addresses.map((each) => `IP:${each}`).join(",");
  await writeFile(join(directory, "names"), `subjectAltName=${names}\n`);
  for (const authority of ["ca", "other-ca"]) {
    const out = ["-keyout", `${authority}.key`, "-out", `${authority}.pem`, "-days", "2"];
    await openssl(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      `/CN=${authority}`,
      ...out,
    );
  }
  for (const [name, authority] of [
    ["server", "ca"],
    ["client", "ca"],
    ["stranger", "other-ca"],
  ]) {
    const out = ["-keyout", `${name}.key`, "-out", `${name}.csr`];
    await openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${name}`, ...out);
    await openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, "-days", "2"],
      ...["-CA", `${authority}.pem`, "-CAkey", `${authority}.key`, "-CAcreateserial"],
      ...["-extfile", "names"],
    );
  }
}

async function openssl(...args: string[]): Promise<void> {
  await run("openssl", args, { cwd: directory });
}

function startEtcd(): void {
  const log = openSync(join(directory, "etcd.log"), "a");
  const [program, args] = inNamespace(namespaceOf(lab.name, clientName), [
    ...["etcd", "--data-dir", join(directory, "data"), "--client-cert-auth"],
    ...["--listen-client-urls", endpoint, "--advertise-client-urls", endpoint],
    ...["--trusted-ca-file", join(directory, "ca.pem")],
    ...["--cert-file", join(directory, "server.pem"), "--key-file", join(directory, "server.key")],
  ]);
  const child = spawn(program, args, { stdio: ["ignore", log, log], detached: true });
  child.unref();
  closeSync(log);
}
