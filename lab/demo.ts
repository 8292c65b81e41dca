/**
 * `npm run demo`: a Linux guest with redis and a web server moves from one host to another and back, while a client
 * outside uses it. `--json`: the first move's figures as the last line. `--keep`: everything stays up, to be played
 * with. `--storage shared`: disk and kernel are in a pool that both hosts share, the default; `--storage none`: they are in a
 * pool of the host's own and move along. The guest writes to its disk all the time. `--cluster`: three hosts, one of which
 * dies (demo-cluster.ts).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { MigrationRecord } from "../src/migration/record.ts";
import type { Watch } from "./client/outside-client.ts";
import { clientErrors, demoLine, type MoveOutcome, moveReport } from "./demo-report.ts";
import { openDoor, standOutside } from "./door/console-door.ts";
import { showCluster } from "./demo-cluster.ts";
import { createGuest, guestPorts } from "./guest.ts";
import { endWithLab } from "./end-with-lab.ts";
import { Lab } from "./lab.ts";
import { execInNamespace } from "./namespaces.ts";
import { rerunAsLabRoot } from "./user-namespace.ts";

const vm = "web01";
const address = "10.77.0.50";
const memoryMib = 512;
/** The guest fills this much with known pages and goes on changing them while it moves. */
const checkedMib = 64;
const changedPagesPerSecond = 250;
/** How long the client watches the guest before the first move, to know how even its answers are without one. */
const baselineMs = 2_000;
/** After a move the client goes on a little: a loss would show now. */
const settleMs = 500;

/** Records a second that the guest writes to its disk, each made durable before it is reported. */
const recordsPerSecond = 50;

interface Options {
  readonly json: boolean;
  readonly keep: boolean;
  readonly storage: string;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      storage: { type: "string", default: "shared" },
      cluster: { type: "boolean", default: false },
    },
  });
  if (values.storage !== "shared" && values.storage !== "none") {
    throw new Error(`Cannot use storage "${values.storage}": the demo knows shared and none`);
  }
  if (values.cluster && (values.json || values.keep || values.storage === "none")) {
    throw new Error("Cannot show a cluster so: --cluster goes with no other option");
  }
  const elsewhere = await rerunAsLabRoot();
  if (elsewhere !== undefined) {
    if (values.keep) standOutside("demo");
    return elsewhere;
  }
  // Ctrl-C ends the program under way as well; what is left to do is to clean up.
  endWithLab("demo");
  const say = (line: string) => void process[values.json ? "stderr" : "stdout"].write(`${line}\n`);
  const lab = await Lab.up({ name: "demo", say, ...(values.cluster && { hosts: 3 }) });
  try {
    if (values.cluster) return (await showCluster(lab, say)) ? 0 : 1;
    return await show(lab, values, say);
  } finally {
    if (!values.keep) await Lab.down("demo");
    else standOutside("demo");
  }
}

async function show(lab: Lab, options: Options, say: (line: string) => void): Promise<number> {
  say(`Booting VM ${vm} on host-a: Linux with redis and a web server, ${memoryMib} MiB`);
  const pool = movesDisk(options) ? "local" : "vms";
  if (movesDisk(options)) await lab.host("host-a").takeKernel();
  await createGuest(lab, { name: vm, host: "host-a", address, memoryMib, pool, diskMib: 1024 });
  await lab.client.ask(address, guestPorts.disk, `write /dev/vda 3 ${recordsPerSecond}`);
  await using watch = await lab.client.use(address, ["counter", "redis", "http"]);
  await lab.client.ask(address, guestPorts.memory, `fill ${checkedMib} 1`);
  await lab.client.ask(address, guestPorts.memory, `churn ${changedPagesPerSecond}`);
  await watch.mark();
  await sleep(baselineMs);
  const quiet = await watch.counter();
  say(
    "A client outside reads a counter every millisecond, writes and reads redis 100 times and gets a page 10 times a second",
  );

  const there = await move(lab, watch, "host-b", options, say);
  const back =
    there.record?.state === "completed"
      ? await move(lab, watch, "host-a", options, say)
      : undefined;
  const moves = back === undefined ? [there] : [there, back];
  await lab.client.ask(address, guestPorts.memory, "churn 0");
  const [, pages, changed] = (await lab.client.ask(address, guestPorts.memory, "verify")).split(
    " ",
  );
  const intact = changed === "0";

  const [, acknowledged] = (await lab.client.ask(address, guestPorts.disk, "stop")).split(" ");
  const [, records, bad] = (
    await lab.client.ask(address, guestPorts.disk, `verify /dev/vda 3 ${acknowledged}`)
  ).split(" ");

  say("");
  for (const line of moveReport(moves, quiet.gapMsMax)) say(line);
  say(`Guest memory       ${pages} pages verified by the guest, ${changed} wrong`);
  say(`Guest disk         ${records} acknowledged records verified by the guest, ${bad} wrong`);
  const ok =
    intact &&
    bad === "0" &&
    moves.length === 2 &&
    moves.every((outcome) => outcome.record?.state === "completed");
  const errors = moves.reduce((sum, outcome) => sum + clientErrors(outcome.client), 0);
  say(`Requests lost      ${errors}`);
  if (options.keep) await sayWhatNext(lab, say);
  if (options.json)
    process.stdout.write(`${JSON.stringify(demoLine(vm, there, movesDisk(options)))}\n`);
  return ok && errors === 0 ? 0 : 1;
}

function movesDisk({ storage }: Options): boolean {
  return storage === "none";
}

/** Runs the same command that a person would, with its progress on the terminal. */
async function move(
  lab: Lab,
  watch: Watch,
  target: string,
  options: Options,
  say: (line: string) => void,
): Promise<MoveOutcome> {
  // Always asked on host-a: any host of the domain will do.
  const host = lab.host("host-a");
  const command = ["move", vm, target, ...(movesDisk(options) ? ["--with-storage"] : [])];
  say(`\nhost-a$ ferry ${command.join(" ")}`);
  await watch.mark();
  const exitCode = await execInNamespace(
    host.namespace,
    [...host.ferryCommand, ...command],
    host.environment(),
    ["ignore", options.json ? 2 : 1, 2],
  );
  await sleep(settleMs);
  const client = await watch.report();
  return { target, exitCode, client, record: await lastMove(lab) };
}

async function lastMove(lab: Lab): Promise<MigrationRecord | undefined> {
  const query = { vm, scope: "domain", limit: 10 } as const;
  const { migrations } = await lab.host("host-a").api("GET /v1/migrations", { query });
  const own = migrations.filter(({ role }) => role === "source");
  return own.toSorted((a, b) => b.requestedAt - a.requestedAt)[0];
}

async function sayWhatNext(lab: Lab, say: (line: string) => void): Promise<void> {
  say(
    "\nEverything is left running. The console, logged in once (the browser does not know its certificate):",
  );
  say(`  ${await openDoor(lab.name, lab.host("host-a"))}`);
  say("Or try:");
  for (const command of [
    "npm run lab -- --name demo status",
    "npm run lab -- --name demo exec host-a ferry vm list",
    `npm run lab -- --name demo exec host-b ferry move ${vm} host-b`,
    "npm run lab -- --name demo speed host-b.lan 100mbit",
    "npm run lab -- --name demo exec host-a ferry migration list",
    `npm run lab -- --name demo exec client busybox wget -qO- http://${address}/`,
    "npm run lab -- --name demo down",
  ]) {
    say(`  ${command}`);
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
