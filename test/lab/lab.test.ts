import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { afterEach, test } from "node:test";
import { Lab } from "../../lab/lab.ts";
import { inNamespace, listNamespaces, processesIn } from "../../lab/namespaces.ts";
import { labDirectory, namespaceOf } from "../../lab/topology.ts";

const name = "labtest";
const up = (options: object = {}) => Lab.up({ name, agents: false, ...options });
const reaches = async (lab: Lab, from: string, address: string) => {
  const { exitCode } = await lab.host(from).run(["busybox", "ping", "-c1", "-W2", address]);
  return exitCode === 0;
};

afterEach(() => Lab.down(name));

test("hosts reach each other until a wire is cut, and again when it is restored", async () => {
  const lab = await up();
  assert.equal(await reaches(lab, "host-a", "10.77.0.12"), true);
  await lab.wire("host-b.lan").cut();
  assert.equal(await reaches(lab, "host-a", "10.77.0.12"), false);
  assert.equal((await lab.wire("host-b.lan").state()).up, false);
  await lab.wire("host-b.lan").restore();
  assert.equal(await reaches(lab, "host-a", "10.77.0.12"), true);
});

test("a wire has the speed it was given, until it is given none", async () => {
  const lab = await up({ speed: "1gbit" });
  const wire = lab.wire("host-a.lan");
  assert.equal((await wire.state()).bytesPerSecond, 125_000_000);
  await wire.setSpeed("100mbit");
  assert.equal((await wire.state()).bytesPerSecond, 12_500_000);
  await wire.setSpeed(null);
  assert.equal((await wire.state()).bytesPerSecond, null);
  await assert.rejects(wire.setSpeed("fast"), RangeError);
});

test("migration networks are apart from the guests'", async () => {
  const lab = await up({ hosts: 3, migrationNetworks: 2 });
  assert.equal(await reaches(lab, "host-c", "10.78.2.11"), true);
  await lab.wire("host-a.mig2").cut();
  assert.equal(await reaches(lab, "host-c", "10.78.2.11"), false);
  assert.equal(await reaches(lab, "host-c", "10.78.1.11"), true);
  assert.equal(await reaches(lab, "host-c", "10.77.0.11"), true);
});

test("up after a killed run removes what that run left, running programs too", async () => {
  const former = await up();
  const command = ["sh", "-c", "echo there; exec sleep infinity"];
  const [program, args] = inNamespace(former.host("host-a").namespace, command);
  const leftover = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"], detached: true });
  await once(leftover.stdout, "data");
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    leftover.on("exit", (_, signal) => resolve(signal));
  });
  const lab = await up();
  assert.equal(await ended, "SIGTERM");
  assert.deepEqual(await processesIn(lab.host("host-a").namespace), []);
});

test("down leaves no namespace and no directory, also when it is done twice", async () => {
  await up();
  await Lab.down(name);
  await Lab.down(name);
  assert.deepEqual(await listNamespaces(namespaceOf(name, "")), []);
  assert.equal(existsSync(labDirectory(name)), false);
});

test("a lab is found again by its name while it is whole", async () => {
  await up({ hosts: 3 });
  const found = await Lab.attach(name);
  assert.deepEqual(
    found?.hosts.map((host) => host.name),
    ["host-a", "host-b", "host-c"],
  );
  await Lab.down(name);
  assert.equal(await Lab.attach(name), undefined);
});

test("names that are no lab's, host's or wire's are refused", async () => {
  const lab = await up();
  assert.throws(() => lab.host("host-z"), /host-a, host-b/);
  assert.throws(() => lab.wire("host-z.lan"), RangeError);
  await assert.rejects(Lab.up({ name: "../x" }), RangeError);
});
