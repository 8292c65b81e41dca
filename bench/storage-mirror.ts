/**
 * `node bench/storage-mirror.ts`: how long it takes until a disk is synchronized over a wire of 1 Gbit/s, by Ferry (sealed,
 * through both agents) and by QEMU's own mirror over plain TCP. Once with content that can't be compressed, once with the
 * root file system of a Debian: ext4 with the packages that every Debian has, and others of this machine until it has the
 * size. `--mib 512`, `--speed 1gbit`, `--runs 3`, `--performance tcp`, `--contents random,debian`.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { endWithLab } from "../lab/end-with-lab.ts";
import { Lab } from "../lab/lab.ts";
import type { LabHost } from "../lab/lab-host.ts";
import { inNamespace, processesIn } from "../lab/namespaces.ts";
import { type MigrationOptions, performanceOptions } from "../src/migration/record.ts";
import { QmpClient } from "../src/qemu/qmp-client.ts";
import { cpuSeconds } from "./meter.ts";

const run = promisify(execFile);
const port = 10_809;
/** A mirror that takes longer is stuck. */
const mirrorMsMax = 600_000;

/** Shell commands that make the image `$1` with `$2` MiB of content. */
const contents: Readonly<Record<string, string>> = {
  random: 'head --bytes="$2M" /dev/urandom > "$1"',
  debian: `
    tree=$(mktemp --directory)
    dpkg-query --show --showformat '\${Priority} \${Installed-Size} \${Package}\n' |
      awk '$1 ~ /required|important|standard/ { print 0, $3 } $1 !~ /required|important|standard/ && $2 < 20480 { print 1, $3 }' |
      sort | cut --delimiter=' ' --fields=2 | xargs dpkg --listfiles 2>/dev/null |
      while read -r file; do [ -f "$file" ] && echo "$file"; done |
      tar --create --no-recursion --files-from - --file - 2>/dev/null | head --bytes="$2M" |
      tar --extract --directory "$tree" --file - 2>/dev/null
    mke2fs -q -t ext4 -d "$tree" "$1" "$(($2 * 5 / 4))M"
    rm --recursive --force "$tree"`,
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      mib: { type: "string", default: "512" },
      speed: { type: "string", default: "1gbit" },
      runs: { type: "string", default: "3" },
      performance: { type: "string", default: "compression" },
      contents: { type: "string", default: Object.keys(contents).join(",") },
    },
  });
  const performance = performanceOptions.find((each) => each === values.performance);
  if (performance === undefined) throw new Error(`No performance option "${values.performance}"`);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  endWithLab("mirror");
  await using lab = await Lab.up({ name: "mirror", speed: values.speed, say });
  const results: Record<string, Comparison[]> = {};
  for (const kind of values.contents.split(",")) {
    const command = contents[kind];
    if (command === undefined) throw new Error(`No content "${kind}"`);
    const image = join(lab.directory, `${kind}.raw`);
    await run("sh", ["-c", command, "sh", image, values.mib]);
    const bytes = (await stat(image)).size;
    const runs: Comparison[] = [];
    for (let number = 0; number < Number(values.runs); number++) {
      runs.push({
        ferry: await byFerry(lab, image, performance),
        qemu: await byQemu(lab, image, bytes),
      });
      say(`${kind}: ${JSON.stringify(runs.at(-1))}`);
    }
    results[kind] = runs;
    const medianOf = (of: (run: Comparison) => number) => median(runs.map(of));
    const ratio = medianOf(({ ferry }) => ferry.ms) / medianOf(({ qemu }) => qemu.ms);
    process.stdout.write(`${kind} ${JSON.stringify(runs)} ratio ${ratio.toFixed(2)}\n`);
  }
  await mkdir("bench/results", { recursive: true });
  const file = `bench/results/storage-mirror-${new Date().toISOString().replaceAll(":", "")}.json`;
  await writeFile(file, JSON.stringify({ options: values, results }, undefined, 2));
  say(`Kept in ${file}`);
}

interface Comparison {
  readonly ferry: Cost;
  readonly qemu: Cost;
}

interface Cost {
  /** Until the disk was synchronized. */
  readonly ms: number;
  /** Of everything that runs on each host: agents and QEMUs. */
  readonly sourceCpuSeconds: number;
  readonly targetCpuSeconds: number;
  readonly wireBytes?: number;
}

/** The stage storage-mirror of a whole move. */
async function byFerry(
  lab: Lab,
  path: string,
  performance: MigrationOptions["performance"],
): Promise<Cost> {
  const vm = "bench01";
  const host = lab.host("host-a");
  const disks = [{ pool: "local", format: "raw" as const, import: { path } }];
  await host.api("POST /v1/vms", { body: { name: vm, memoryMib: 64, vnc: false, disks } });
  await host.api("POST /v1/vms/{vm}/start", { params: { vm } });
  // As QEMU's below it stands still: firmware that starts is no work of a mirror.
  await host.api("POST /v1/vms/{vm}/pause", { params: { vm } });
  const meter = await Meter.start(lab);
  const options = { withStorage: true, ...(performance && { performance }) };
  const { id } = await host.api("POST /v1/migrations", { body: { vm, target: "host-b", options } });
  const deadline = Date.now() + mirrorMsMax;
  let cpu: Awaited<ReturnType<Meter["stop"]>> | undefined;
  for (;;) {
    const record = await host.api("GET /v1/migrations/{id}", { params: { id } });
    const isCopied = record.stage !== "setup" && record.stage !== "storage-mirror";
    if (isCopied && record.startedAt !== null) cpu ??= await meter.stop();
    if (record.endedAt !== null) {
      const stage = record.stages.find(({ name }) => name === "storage-mirror");
      if (record.state !== "completed" || stage === undefined) {
        throw new Error(`The move ${record.state}: ${record.error?.message}`);
      }
      const there = lab.host("host-b");
      await there.api("POST /v1/vms/{vm}/power-off", { params: { vm } });
      await there.api("DELETE /v1/vms/{vm}", { params: { vm }, query: { disks: "delete" } });
      const ms = Math.round((stage.endedAt ?? record.endedAt) - stage.startedAt);
      return { ms, ...(cpu ?? (await meter.stop())), wireBytes: record.disks[0]?.wireBytes ?? 0 };
    }
    if (Date.now() > deadline) throw new Error("The move takes too long");
    await sleep(250);
  }
}

/** From the command to the job's being ready, milliseconds. */
async function byQemu(lab: Lab, image: string, bytes: number): Promise<Cost> {
  const copy = join(lab.directory, "copy.raw");
  await run("truncate", ["--size", String(bytes), copy]);
  const target = await startQemu(lab.host("host-b"), lab.directory, "target", copy);
  const source = await startQemu(lab.host("host-a"), lab.directory, "source", image);
  try {
    const address = { host: lab.host("host-b").address, port: String(port) };
    await target.qmp.execute("nbd-server-start", { addr: { type: "inet", data: address } });
    await target.qmp.execute("block-export-add", {
      ...{ type: "nbd", id: "export", "node-name": "disk", name: "disk", writable: true },
    });
    await source.qmp.execute("blockdev-add", {
      ...{ driver: "nbd", "node-name": "there", export: "disk", discard: "unmap" },
      server: { type: "inet", ...address },
    });
    const ready = source.qmp.waitFor(({ event }) => event === "BLOCK_JOB_READY", {
      timeoutMs: mirrorMsMax,
    });
    const meter = await Meter.start(lab);
    const begun = performance.now();
    await source.qmp.execute("blockdev-mirror", {
      ...{ "job-id": "mirror", device: "disk", target: "there", sync: "full" },
    });
    await ready;
    const ms = Math.round(performance.now() - begun);
    return { ms, ...(await meter.stop()) };
  } finally {
    for (const { child, qmp } of [source, target]) {
      await qmp[Symbol.asyncDispose]();
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await rm(copy);
  }
}

async function startQemu(
  host: LabHost,
  directory: string,
  name: string,
  image: string,
): Promise<{ child: ChildProcess; qmp: QmpClient }> {
  const socket = join(directory, `${name}.qmp`);
  const node = { driver: "raw", "node-name": "disk", cache: { direct: true, "no-flush": false } };
  const file = { driver: "file", filename: image, discard: "unmap", cache: node.cache };
  const [program, args] = inNamespace(host.namespace, [
    ...["qemu-system-x86_64", "-nodefaults", "-S", "-display", "none", "-accel", "tcg", "-m", "64"],
    ...["-qmp", `unix:${socket},server=on,wait=off`],
    ...["-blockdev", JSON.stringify({ ...node, file })],
  ]);
  const child = spawn(program, args, { stdio: "ignore" });
  for (;;) {
    const qmp = await QmpClient.connect(socket).catch(() => undefined);
    if (qmp !== undefined) return { child, qmp };
    if (child.exitCode !== null) throw new Error(`QEMU of ${host.name} ended`);
    await sleep(20);
  }
}

/** CPU seconds of what runs on both hosts; a process that ends meanwhile counts for what was seen of it. */
class Meter {
  readonly #lab: Lab;
  readonly #before: readonly number[];

  private constructor(lab: Lab, before: readonly number[]) {
    this.#lab = lab;
    this.#before = before;
  }

  static async start(lab: Lab): Promise<Meter> {
    return new Meter(lab, await Meter.#look(lab));
  }

  async stop(): Promise<Pick<Cost, "sourceCpuSeconds" | "targetCpuSeconds">> {
    const now = await Meter.#look(this.#lab);
    const [sourceCpuSeconds = 0, targetCpuSeconds = 0] = now.map(
      (seconds, index) => Math.round((seconds - (this.#before[index] ?? 0)) * 100) / 100,
    );
    return { sourceCpuSeconds, targetCpuSeconds };
  }

  static async #look(lab: Lab): Promise<number[]> {
    return Promise.all(
      lab.hosts.map(async ({ namespace }) => {
        const seconds = await Promise.all((await processesIn(namespace)).map(cpuSeconds));
        return seconds.reduce((sum, each) => sum + each, 0);
      }),
    );
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

await main();
