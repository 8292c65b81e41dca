/**
 * Two hosts that do not fit together: a clock that is wrong, too much to do, memory in small pieces, other firmware, a file
 * system that takes no O_DIRECT, an agent of another age. Each is found, in words, and gone once its remedy is carried out.
 * The parts are real; what the machine itself would have to be for it (its load, its memory) host-b has as files of its own.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import type { CheckReport } from "../../src/api/schema/check.ts";
import type { VmCreate } from "../../src/api/schema/vm.ts";
import { futureAgent } from "./future-agent.ts";

const run = promisify(execFile);
const labName = "d-unlike";
const firmware = "/usr/share/OVMF/OVMF_CODE_4M.fd";
const MiB = 1 << 20;
/** As the kernel says that it gives them to programs which ask. */
const hugePages = "always [madvise] never\n";
let lab: Lab;
let a: LabHost;
let b: LabHost;

const odd: VmCreate = {
  ...{ name: "odd01", memoryMib: 64, vnc: false, firmware: "uefi" },
  disks: [
    { pool: "local", sizeBytes: MiB },
    { pool: "ram", sizeBytes: MiB },
  ],
};

before(async () => {
  lab = await Lab.up({ name: labName });
  [a, b] = [lab.host("host-a"), lab.host("host-b")];
  await mkdir(ram());
  await run("mount", ["-t", "ramfs", "-o", "mode=0777", "ramfs", ram()]);
  for (const host of lab.hosts) {
    await host.api("POST /v1/pools", { body: { name: "ram", path: ram() } });
  }
  await a.api("POST /v1/vms", { body: odd });
  for (const host of lab.hosts) await host.writeOwnFile("/proc/loadavg", load(0.5));
  await b.writeOwnFile(firmware, await readFile(firmware));
  await a.writeOwnFile("/sys/kernel/mm/transparent_hugepage/enabled", hugePages);
  await giveNodes([512, 512]);
  await setClock(0);
  for (const host of lab.hosts) await host.agent.stop();
  await a.agent.start();
  await b.agent.start(wrongClock());
});

after(async () => {
  await run("umount", [ram()]).catch(() => undefined);
  await Lab.down(labName);
});

function ram(): string {
  return join(lab.directory, "ram");
}

function load(oneMinute: number): string {
  return `${oneMinute.toFixed(2)} 0.10 0.10 1/100 1234\n`;
}

/** Two NUMA nodes on host-b, with so many MiB free of so many each. */
async function giveNodes(freeMib: readonly number[], totalMib = 1024): Promise<void> {
  const sysfs = join(b.directory, "sysfs");
  for (const [node, mib] of freeMib.entries()) {
    const directory = join(sysfs, `devices/system/node/node${node}`);
    await mkdir(directory, { recursive: true });
    const lines = [`MemTotal: ${totalMib * 1024} kB`, `MemFree: ${mib * 1024} kB`];
    const text = lines.map((line) => `Node ${node} ${line}\n`).join("");
    await writeFile(join(directory, "meminfo"), text);
  }
  const file = join(b.directory, "ferryd.yaml");
  const config = JSON.parse(await readFile(file, "utf8")) as { paths: object };
  await writeFile(file, JSON.stringify({ ...config, paths: { ...config.paths, sysfs } }));
}

async function giveHugePages(): Promise<void> {
  const directory = join(b.directory, "sysfs/kernel/mm/transparent_hugepage");
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "enabled"), hugePages);
}

async function setClock(secondsAhead: number): Promise<void> {
  await writeFile(join(b.directory, "clock"), `+${secondsAhead}\n`);
}

/** Debian's libfaketime between the agent and the kernel's clock; timers stay as they are. */
function wrongClock(): NodeJS.ProcessEnv {
  return {
    LD_PRELOAD: "/usr/$LIB/faketime/libfaketimeMT.so.1",
    FAKETIME_TIMESTAMP_FILE: join(b.directory, "clock"),
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}

async function report(options: object = { withStorage: true }): Promise<CheckReport> {
  const body = { vm: "odd01", target: "host-b", options };
  return await a.api("POST /v1/checks", { body });
}

const looked = [
  ...[
    "clocks",
    "load",
    "memory-node",
    "memory-promised",
    "huge-pages",
    "uefi-firmware",
    "direct-access",
    "disk-image",
  ],
  ...["protocol-version", "definition-version"],
];

/** What is not as it should be, of the checks that this file is about. */
function found({ findings }: CheckReport): string[] {
  return findings
    .filter(({ check, severity }) => looked.includes(check) && severity !== "passed")
    .map(({ check, host, severity, message }) => `${check} ${host} ${severity}: ${message}`)
    .sort();
}

/** Every expression is met by a line, and every line meets one. */
function assertFound(report: CheckReport, wanted: readonly RegExp[]): void {
  const lines = found(report);
  assert.deepEqual(
    [
      lines.filter((line) => !wanted.some((one) => one.test(line))),
      wanted.filter((one) => !lines.some((line) => one.test(line))).map(String),
    ],
    [[], []],
    lines.join("\n"),
  );
}

test("all that is wrong with two hosts is found at once, and nothing of it once it is mended", async () => {
  const disk = join(a.directory, "local/odd01-disk0.qcow2");
  await setClock(90);
  await a.writeOwnFile("/proc/loadavg", load(640));
  await b.writeOwnFile("/proc/loadavg", load(1280));
  await b.writeOwnFile(firmware, new Uint8Array(2 * MiB));
  await giveNodes([35, 32], 35);
  await chmod(disk, 0);
  assertFound(await report(), [
    /^clocks host-b warning: The clocks of "host-a" and "host-b" differ by \d+ s$/,
    /^load host-a warning: "host-a" has 640\.0 runnable tasks for \d+ processors$/,
    /^load host-b warning: "host-b" has 1280\.0 runnable tasks for \d+ processors$/,
    /^uefi-firmware host-b blocking: The UEFI firmware of "host-b" has 2097152 bytes, that of "host-a" \d+$/,
    /^memory-node host-b warning: No NUMA node of "host-b" has more than 35 MiB free, the guest's 64 MiB would be spread over several$/,
    /^memory-promised host-b blocking: The memory of "host-b" holds 63 MiB for guests, of which 0 B are promised; the VM needs 64 MiB$/,
    /^huge-pages host-b warning: Guests' memory is in huge pages on "host-a" \(madvise\), not on "host-b" \(never\): the guest would be slower there$/,
    /^disk-image host-a blocking: "host-a" cannot read the image of disk "disk0", "odd01-disk0\.qcow2" in pool "local"$/,
    /^direct-access host-b blocking: Pool "ram" of "host-b" \(ramfs\) cannot be used past the page cache: Invalid argument \(O_DIRECT\)$/,
  ]);
  await setClock(0);
  for (const host of lab.hosts) await host.writeOwnFile("/proc/loadavg", load(0.5));
  await b.writeOwnFile(firmware, await readFile(firmware));
  await giveNodes([48, 80]);
  await giveHugePages();
  await chmod(disk, 0o666);
  assertFound(await report({ withStorage: true, targetPool: "local" }), []);
});

test("agents that have no protocol in common, and a document from the future, are found; an upgrade mends both", async () => {
  const future = await futureAgent(join(lab.directory, "future"));
  await b.agent.stop();
  await b.agent.start({}, future);
  const { protocolVersions } = await b.api("GET /v1/host");
  assert.deepEqual(protocolVersions, [5, 4]);
  const options = { withStorage: true, targetPool: "local" };
  assertFound(await report(options), [
    /^protocol-version host-b blocking: Ferry \S+ on "host-b" speaks protocol 5, 4, "host-a" speaks 3, 2$/,
  ]);
  await b.api("POST /v1/vms", { body: { name: "new01", memoryMib: 64, vnc: false } });
  const back = { body: { vm: "new01", target: "host-a" } };
  assertFound(await b.api("POST /v1/checks", back), [
    /^protocol-version host-a blocking: Ferry \S+ on "host-a" speaks protocol 3, 2, "host-b" speaks 5, 4$/,
    /^definition-version host-a blocking: Ferry \S+ on "host-a" knows documents up to version 1, the VM's is 2$/,
  ]);
  await a.agent.stop();
  await a.agent.start({}, future);
  assertFound(await b.api("POST /v1/checks", back), []);
});
