/** One cell: a lab with the link, a guest for each kind of mover under the workload, and every subject measured in turn. */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Watch } from "../lab/client/outside-client.ts";
import { guestPorts } from "../lab/guest.ts";
import { Lab } from "../lab/lab.ts";
import { type Cell, cellName, type Link, type Subject, type WorkloadName } from "./cells.ts";
import { cpuSeconds, peakMemoryBytes, sentBytes } from "./meter.ts";
import { bareQemuProgram } from "./movers/bare-qemu.ts";
import { FerryMover } from "./movers/ferry-mover.ts";
import { LibvirtMover } from "./movers/libvirt-mover.ts";
import { type GuestPlace, type Mover, type Moved, MoveGivenUp } from "./movers/mover.ts";
import { QemuMover } from "./movers/qemu-mover.ts";
import type { Sample } from "./sample.ts";
import { RunningWorkload } from "./workload-run.ts";

const run = promisify(execFile);

/** A guest that is not across by then does not get across. */
const moveMsMax = 60_000;
const bootMsMax = 120_000;
/** The guest comes to itself after standing still, and the client's connection with it. */
const warmUpMs = 1_500;
const settleMs = 500;

interface Contestant {
  readonly mover: Mover<never>;
  readonly watch: Watch;
  readonly workload: RunningWorkload;
}

export async function measureCell(
  cell: Cell,
  runs: number,
  say: (line: string) => void,
): Promise<{ samples: Sample[]; qemu: string }> {
  await using parts = new AsyncDisposableStack();
  const lab = parts.use(
    await Lab.up({ name: "bench", migrationNetworks: cell.link.networks.length, say }),
  );
  await shapeLinks(lab, cell.link);
  const contestants = new Map<Subject["kind"], Contestant>();
  for (const kind of new Set(cell.subjects.map((subject) => subject.kind))) {
    say(`  booting a guest for ${kind}`);
    const mover = parts.use(await boot(kind, { lab, memoryMib: cell.workload.memoryMib }));
    for (const port of Object.values(guestPorts)) {
      await lab.client.waitFor(mover.address, port, bootMsMax);
    }
    const workload = parts.use(
      await RunningWorkload.start(lab, mover.address, cell.workload.name as WorkloadName),
    );
    const watch = parts.use(await lab.client.use(mover.address, ["counter"]));
    await mover.pause();
    contestants.set(kind, { mover, watch, workload });
  }
  const samples: Sample[] = [];
  // The first move of each finds cold caches and is not counted.
  for (let number = 0; number <= runs; number++) {
    for (const subject of shuffled(cell.subjects)) {
      const contestant = contestants.get(subject.kind);
      if (contestant === undefined) continue;
      const sample = await measure(lab, cell, subject, contestant, number);
      say(
        `  ${number === 0 ? "warm-up" : `run ${number}`} ${subject.name}: ${JSON.stringify(sample)}`,
      );
      if (number > 0) samples.push(sample);
    }
  }
  return { samples, qemu: await qemuVersion(lab) };
}

async function measure(
  lab: Lab,
  cell: Cell,
  subject: Subject,
  { mover, watch }: Contestant,
  number: number,
): Promise<Sample> {
  await mover.resume();
  await sleep(warmUpMs);
  const { management } = await mover.processes();
  const devices = cell.link.networks.map((_, index) => `mig${index + 1}`);
  const source = lab.host(mover.at);
  const before = { bytes: await sentBytes(source, devices), cpu: await sumCpu(management) };
  await watch.mark();
  const moved = await moveAs(subject, mover, moveMsMax);
  await sleep(settleMs);
  const { gapMsMax } = await watch.counter();
  const sample: Sample = {
    cell: cellName(cell),
    subject: subject.name,
    run: number,
    finished: moved !== undefined,
    wallMs: rounded(moved?.wallMs),
    memoryMs: rounded(moved?.memoryMs),
    reportedBlackoutMs: rounded(moved?.reportedBlackoutMs),
    clientGapMs: gapMsMax,
    wireBytes: (await sentBytes(source, devices)) - before.bytes,
    managementCpuSeconds: hundredths((await sumCpu(management)) - before.cpu),
    qemuCpuSeconds: hundredths(moved?.qemuCpuSeconds ?? 0),
    managementPeakBytes: Math.max(...(await Promise.all(management.map(peakMemoryBytes)))),
  };
  await mover.pause();
  return sample;
}

/** Undefined when it did not get across in time. */
async function moveAs(
  subject: Subject,
  mover: Mover<never>,
  withinMs: number,
): Promise<Moved | undefined> {
  try {
    // Each kind of subject has the mover that its way of moving is for.
    const how =
      subject.kind === "ferry"
        ? subject.performance
        : subject.kind === "qemu"
          ? subject.tuning
          : subject.arguments;
    return await mover.move(how as never, withinMs);
  } catch (error) {
    if (error instanceof MoveGivenUp) return undefined;
    throw error;
  }
}

async function boot(kind: Subject["kind"], place: GuestPlace): Promise<Mover<never>> {
  if (kind === "ferry") return await FerryMover.boot(place);
  if (kind === "qemu") return await QemuMover.boot(place);
  return await LibvirtMover.boot(place);
}

/** The networks for moves get the link's speeds; the guests' network stays as fast as the machine is. */
async function shapeLinks(lab: Lab, link: Link): Promise<void> {
  for (const [index, speed] of link.networks.entries()) {
    for (const { name } of lab.hosts) await lab.wire(`${name}.mig${index + 1}`).setSpeed(speed);
  }
  const { roundTripMs } = link;
  if (roundTripMs !== undefined) await lab.delayWire("host-b.mig1", roundTripMs / 2);
  for (const host of lab.hosts) {
    for (const index of link.networks.keys()) {
      const { exitCode, stderr } = await host.ferry([
        "host",
        "network",
        "add",
        `10.78.${index + 1}.0/24`,
      ]);
      if (exitCode !== 0) throw new Error(`Cannot measure: ${stderr.trim()}`);
    }
  }
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, order: Math.random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

async function sumCpu(pids: readonly number[]): Promise<number> {
  return (await Promise.all(pids.map(cpuSeconds))).reduce((sum, seconds) => sum + seconds, 0);
}

async function qemuVersion(lab: Lab): Promise<string> {
  const [program = "", ...args] = bareQemuProgram(lab);
  const { stdout } = await run(program, [...args, "--version"]);
  return /version (\S+)/.exec(stdout)?.[1] ?? "unknown";
}

function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.round(value);
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
