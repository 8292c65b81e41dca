/** `ferryd` as a process: how it starts, stops, is killed, and what becomes of its VMs meanwhile. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { packedAgent } from "../../packaging/packed-programs.ts";
import { ApiClient } from "../../src/api/client.ts";
import { ownAddress } from "./running-agent.ts";

const program = await packedAgent();

interface Place extends Disposable {
  readonly config: string;
  readonly socket: string;
  readonly directory: string;
}

function makePlace(): Place {
  const directory = mkdtempSync(join(tmpdir(), "ferryd-"));
  const address = ownAddress();
  const run = join(directory, "run");
  const settings = {
    name: "host-a",
    paths: { state: join(directory, "state"), run, memory: join(directory, "memory") },
    api: { address, advertise: address },
    qemu: { user: null },
  };
  const config = join(directory, "ferryd.yaml");
  writeFileSync(config, JSON.stringify(settings));
  return {
    config,
    directory,
    socket: join(run, "ferryd.sock"),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function launch(...args: string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

/** Started and serving; killed in the end if the test has not stopped it. */
async function startAgent(place: Place): Promise<{ child: ChildProcess } & AsyncDisposable> {
  const child = launch("--config", place.config);
  assert.ok(child.stdout);
  child.stderr?.resume();
  const lines = createInterface({ input: child.stdout });
  const { promise: serves, resolve, reject } = Promise.withResolvers<void>();
  lines.on("line", (line) => line.includes('"the agent serves"') && resolve());
  child.once("exit", (code) => reject(new Error(`ferryd ended with ${code}`)));
  await serves;
  return {
    child,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const gone = once(child, "exit") as Promise<[number | null]>;
  child.kill(signal);
  return (await gone)[0];
}

async function outcome(...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = launch(...args);
  let stderr = "";
  child.stderr?.on("data", (piece: Buffer) => {
    stderr += piece.toString();
  });
  child.stdout?.resume();
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stderr };
}

test("ferryd ends cleanly when it is told to, and starts again on what it left", async () => {
  using place = makePlace();
  {
    await using agent = await startAgent(place);
    using client = new ApiClient({ kind: "socket", path: place.socket });
    await client.call("POST /v1/domain", { body: { name: "lab" } });
    assert.equal(await end(agent.child, "SIGTERM"), 0);
  }
  await using agent = await startAgent(place);
  using client = new ApiClient({ kind: "socket", path: place.socket });
  assert.equal((await client.call("GET /v1/domain")).domain?.name, "lab");
  assert.equal(await end(agent.child, "SIGINT"), 0);
});

test("a VM runs on when its agent stops or is killed, and the next agent adopts it", async () => {
  using place = makePlace();
  const pool = join(place.directory, "pool");
  mkdirSync(pool);
  using client = new ApiClient({ kind: "socket", path: place.socket });
  {
    await using agent = await startAgent(place);
    await client.call("POST /v1/pools", { body: { name: "p1", path: pool } });
    const disks = [{ pool: "p1", sizeBytes: 1_048_576 }];
    await client.call("POST /v1/vms", { body: { name: "web01", memoryMib: 32, disks } });
    await client.call("POST /v1/vms/{vm}/start", { params: { vm: "web01" } });
    assert.equal(await end(agent.child, "SIGTERM"), 0);
  }
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    await using agent = await startAgent(place);
    const vm = await client.call("GET /v1/vms/{vm}", { params: { vm: "web01" } });
    assert.equal(vm.state, "running");
    await end(agent.child, signal);
  }
  await using _agent = await startAgent(place);
  const vm = await client.call("POST /v1/vms/{vm}/power-off", { params: { vm: "web01" } });
  assert.equal(vm.state, "stopped");
});

test("a second ferryd on the same state says who is in the way", async () => {
  using place = makePlace();
  await using _agent = await startAgent(place);
  const { code, stderr } = await outcome("--config", place.config);
  assert.equal(code, 5);
  assert.match(stderr, /^ferryd: Cannot start the agent: another one uses/);
});

test("--check-config says whether a file is right, and starts nothing", async () => {
  using place = makePlace();
  assert.equal((await outcome("--check-config", "--config", place.config)).code, 0);
  writeFileSync(place.config, "api: { prot: 1 }");
  const { code, stderr } = await outcome("--check-config", "--config", place.config);
  assert.equal(code, 2);
  assert.match(stderr, /there is no setting api\.prot/);
});

test("an unknown option, or a directory that can't be made, ends with a reason", async () => {
  using place = makePlace();
  assert.equal((await outcome("--confg", place.config)).code, 2);
  // A file is in the way.
  const state = join(place.config, "state");
  writeFileSync(place.config, JSON.stringify({ paths: { state } }));
  const { code, stderr } = await outcome("--config", place.config);
  assert.equal(code, 11);
  assert.match(stderr, /Cannot use directory ".*\/state" \(paths\.state\)/);
});
