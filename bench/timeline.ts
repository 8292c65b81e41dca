/**
 * `node bench/timeline.ts`: where the time of a move goes. Moves a guest whose redis is filled with JSON-like values, or one with a file of random bytes, to
 * and fro under steady requests, and prints for each move how long every stage took on both hosts, the blackout's parts,
 * the client's gap, bytes, and the CPU seconds of agents (by thread) and QEMUs.
 *
 * `--speed 1gbit --memory 1024 --fill 160 --content random --moves 4 --performance compression --threads 1` (compression's; by default what hosts do),
 * `--networks 1 --round-trip 20` (milliseconds that the network for moves adds); `--profile` leaves CPU profiles of
 * agents and workers in bench/results/profiles.
 */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createGuest, guestPorts } from "../lab/guest.ts";
import { endWithLab } from "../lab/end-with-lab.ts";
import { Lab } from "../lab/lab.ts";
import { rerunAsLabRoot } from "../lab/user-namespace.ts";
import { sendFile } from "./workload-run.ts";
import { type MigrationRecord, performanceOptions } from "../src/migration/record.ts";

const vm = "bench01";
const address = "10.77.0.60";
const moveMsMax = 300_000;
/** Until the hosts have got ready for another session, as they have between an administrator's moves. */
const pauseMs = 4_000;
const profiles = join(import.meta.dirname, "results/profiles");
const ticksPerSecond = 100;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      moves: { type: "string", default: "4" },
      memory: { type: "string", default: "1024" },
      fill: { type: "string", default: "160" },
      content: { type: "string", default: "json" },
      speed: { type: "string" },
      networks: { type: "string", default: "0" },
      performance: { type: "string", default: "compression" },
      "round-trip": { type: "string", default: "0" },
      threads: { type: "string" },
      profile: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const performance = performanceOptions.find((each) => each === values.performance);
  if (performance === undefined) throw new Error(`No performance option "${values.performance}"`);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const { speed } = values;
  const migrationNetworks = Number(values.networks);
  endWithLab("timeline");
  await using lab = await Lab.up({
    name: "timeline",
    speed,
    migrationNetworks,
    say,
    agents: false,
  });
  await rm(profiles, { recursive: true, force: true });
  await mkdir(profiles, { recursive: true });
  const roundTripMs = Number(values["round-trip"]);
  if (roundTripMs > 0) await lab.delayWire("host-b.mig1", roundTripMs / 2);
  const NODE_OPTIONS = values.profile ? `--cpu-prof --cpu-prof-dir=${profiles}` : "";
  await Promise.all(lab.hosts.map((host) => host.agent.start({ NODE_OPTIONS })));
  await lab.start(true, say);
  await useNetworks(lab, migrationNetworks);
  if (values.threads !== undefined) await compressWith(lab, Number(values.threads));
  await createGuest(lab, { name: vm, host: "host-a", address, memoryMib: Number(values.memory) });
  if (Number(values.fill) > 0) await fill(lab, Number(values.fill), values.content);
  await using watch = await lab.client.use(address, ["counter", "redis"]);
  for (let number = 0; number < Number(values.moves); number++) {
    await watch.mark();
    const before = await cpuOf(lab);
    const asked = Date.now();
    const seen: Cpu = new Map();
    const look = async () => void latest(seen, await cpuOf(lab));
    const record = await moveTo(lab, number % 2 === 0 ? "host-b" : "host-a", performance, look);
    const after = latest(seen, await cpuOf(lab));
    await sleep(pauseMs);
    const { counter } = await watch.report();
    print(record, asked, counter?.gapMsMax ?? Number.NaN, before, after);
  }
  for (const host of lab.hosts) {
    const log = await readFile(host.agent.log, "utf8");
    for (const line of log.split("\n")) if (line.includes("memory crossed")) say(line);
  }
  await Promise.all(lab.hosts.map((host) => host.agent.stop()));
}

/** Moves use these, and leave the guests' network to the guests. */
async function useNetworks(lab: Lab, count: number): Promise<void> {
  for (const host of lab.hosts) {
    for (let number = 1; number <= count; number++) {
      const { exitCode, stderr } = await host.ferry([
        "host",
        "network",
        "add",
        `10.78.${number}.0/24`,
      ]);
      if (exitCode !== 0) throw new Error(stderr.trim());
    }
  }
}

async function compressWith(lab: Lab, compressionThreadsMax: number): Promise<void> {
  for (const host of lab.hosts) {
    const { settings, generation } = await host.api("GET /v1/host/settings");
    await host.api("PUT /v1/host/settings", {
      body: { ...settings, compressionThreadsMax },
      generation,
    });
  }
}

/** Values like a web application's: structured text out of records that come again, numbers that differ. */
const fillJson =
  "math.randomseed(ARGV[2]) local r={} for j=1,4000 do r[j]=" +
  '\'{\\"user\\":\\"u\'..math.random(1000000)..\'\\",\\"email\\":\\"u\'..math.random(1000000)..\'@example.org\\",\\"score\\":\'..math.random()..\',\\"active\\":true}\'' +
  " end for i=1,ARGV[1] do local t={} for j=1,10 do t[j]=r[math.random(4000)] end " +
  "redis.call('SET','k'..ARGV[2]..':'..i,table.concat(t,',')) end return 1";
/** One request at a time, so that an emulated guest answers each within the client's patience. */
const fillStepMib = 10;

async function fill(lab: Lab, mib: number, content: string): Promise<void> {
  if (content === "random")
    return await sendFile(lab, address, { command: "cat /dev/urandom", bytes: mib * 2 ** 20 });
  const values = Math.round(fillStepMib * 1024 * 0.9);
  for (let step = 0; step < mib / fillStepMib; step++) {
    const request = `EVAL "${fillJson}" 0 ${values} ${step + 1}`;
    const answer = await lab.client.ask(address, guestPorts.redis, request);
    if (!answer.startsWith(":1")) throw new Error(`The guest's redis was not filled: ${answer}`);
  }
}

async function moveTo(
  lab: Lab,
  target: string,
  performance: (typeof performanceOptions)[number],
  look: () => Promise<void>,
): Promise<{ source: MigrationRecord; target: MigrationRecord }> {
  const from = lab.host(target === "host-a" ? "host-b" : "host-a");
  const body = { vm, target, options: { performance } };
  const { id } = await from.api("POST /v1/migrations", { body });
  const deadline = Date.now() + moveMsMax;
  while (Date.now() < deadline) {
    const source = await from.api("GET /v1/migrations/{id}", { params: { id } });
    if (source.state === "completed") {
      return {
        source,
        target: await lab.host(target).api("GET /v1/migrations/{id}", { params: { id } }),
      };
    }
    if (source.endedAt !== null) throw new Error(`${source.state}: ${source.error?.message}`);
    await look();
    await sleep(50);
  }
  throw new Error(`The move to ${target} took longer than ${moveMsMax} ms`);
}

type Cpu = Map<string, number>;

/** CPU seconds so far: of each agent's threads by name, and of all QEMUs together. */
async function cpuOf(lab: Lab): Promise<Cpu> {
  const cpu: Cpu = new Map();
  for (const host of lab.hosts) {
    const pid = await host.agent.pid();
    if (pid === undefined) continue;
    for (const task of await readdir(`/proc/${pid}/task`)) {
      const stat = await readFile(`/proc/${pid}/task/${task}/stat`, "utf8").catch(() => "");
      const name =
        task === String(pid) ? "main" : stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
      add(cpu, `${host.name} ${name}`, stat);
    }
    add(cpu, `${host.name} all`, await readFile(`/proc/${pid}/stat`, "utf8"));
  }
  for (const pid of await qemus()) {
    add(cpu, "qemus", await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""));
  }
  const [, user, nice, system] = (await readFile("/proc/stat", "utf8")).split(/ +/).map(Number);
  cpu.set("machine", ((user ?? 0) + (nice ?? 0) + (system ?? 0)) / ticksPerSecond);
  return cpu;
}

/** Threads of a session end before the move has: what they had used when last seen counts. */
function latest(seen: Cpu, now: Cpu): Cpu {
  for (const [name, seconds] of now) seen.set(name, Math.max(seconds, seen.get(name) ?? 0));
  return seen;
}

async function qemus(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")),
  );
  return pids.filter((_, index) => commands[index]?.startsWith("qemu-system"));
}

function add(cpu: Cpu, name: string, stat: string): void {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const seconds = (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond;
  cpu.set(name, (cpu.get(name) ?? 0) + seconds);
}

function print(
  { source, target }: { source: MigrationRecord; target: MigrationRecord },
  asked: number,
  gapMs: number,
  before: Cpu,
  after: Cpu,
): void {
  const lines = [`--- ${source.source} to ${source.target}`];
  const ms = (value: number) => `${Math.round(value)}`;
  const runsAt = source.stages.find(({ name }) => name === "resume")?.endedAt ?? Number.NaN;
  const memoryAt = source.stages.find(({ name }) => name === "memory-precopy")?.startedAt ?? 0;
  lines.push(
    `wall ${ms((source.endedAt ?? 0) - asked)} queued ${ms((source.startedAt ?? 0) - source.requestedAt)} request ${ms(source.requestedAt - asked)} memory ${ms(runsAt - memoryAt)} gap ${gapMs} ` +
      `blackout ${JSON.stringify(source.blackout)}`,
    `guest ${(source.guestBytes / 1e6).toFixed(1)} MB wire ${(source.wireBytes / 1e6).toFixed(1)} MB (at most ${((source.wirePeakBytesPerSecond ?? 0) / 1e6).toFixed(1)} MB/s) rounds ${source.rounds.length}`,
  );
  for (const record of [source, target]) {
    const stages = record.stages.map(
      ({ name, startedAt, endedAt }) =>
        `${name} @${ms(startedAt - asked)}+${ms((endedAt ?? Number.NaN) - startedAt)}`,
    );
    lines.push(`${record.role}: ${stages.join("  ")}`);
  }
  for (const round of source.rounds) lines.push(`round ${JSON.stringify(round)}`);
  const cpu = [...after]
    .map(([name, seconds]) => [name, seconds - (before.get(name) ?? 0)] as const)
    .filter(([, seconds]) => seconds > 0.005)
    .map(([name, seconds]) => `${name} ${seconds.toFixed(2)}`);
  lines.push(`cpu s: ${cpu.join("  ")}`);
  process.stdout.write(`${lines.join("\n")}\n`);
}

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await main();
else process.exitCode = elsewhere;
