/**
 * A guest that writes numbered records to its disks all the time, each made durable before it is acknowledged to a client
 * outside (lab/guest-image/root/usr/lib/ferry-guest/disk), and the look at the disk images that says whether every
 * acknowledged record is on them, in order, and whether the file system is whole. Whatever happens to the hosts meanwhile.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { guestPorts } from "../../lab/guest.ts";
import type { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";

const run = promisify(execFile);
const slotBytes = 4096;
const fileSlots = 1024;
/** Of each disk; enough that every moment of a move has writes under way. */
export const recordsPerSecond = 40;
/** A guest under TCG, with everything else that runs beside it. */
const ackMsMax = 120_000;

/** What is written where. The first disk carries ext4 and a file of records, the second one records and nothing else. */
const targets = [
  { path: "/mnt/a/records", seed: 3 },
  { path: "/dev/vdb", seed: 5 },
] as const;

export interface DiskFile {
  /** In the pool `local` of whichever host has the VM. */
  readonly file: string;
  readonly format: "qcow2" | "raw";
}

export class RecordWriter implements Disposable {
  readonly #lab: Lab;
  readonly #vm: string;
  readonly #address: string;
  readonly #disks: readonly [DiskFile, DiskFile];
  readonly #acknowledged = new Map<string, number>();
  #failure: string | undefined;
  #follower: Disposable | undefined;

  private constructor(lab: Lab, vm: string, address: string, disks: readonly [DiskFile, DiskFile]) {
    this.#lab = lab;
    this.#vm = vm;
    this.#address = address;
    this.#disks = disks;
  }

  /** Makes the file system and starts to write; from here on what is acknowledged has to be there. */
  static async start(
    lab: Lab,
    vm: string,
    address: string,
    disks: readonly [DiskFile, DiskFile],
  ): Promise<RecordWriter> {
    const ask = (line: string) => lab.client.ask(address, guestPorts.disk, line);
    assert.equal(await ask("format /dev/vda /mnt/a"), "formatted");
    const [first, second] = targets;
    assert.match(await ask(`write ${first.path} ${first.seed} ${recordsPerSecond}`), /^writing/);
    assert.match(await ask(`also ${second.path} ${second.seed}`), /^writing/);
    const writer = new RecordWriter(lab, vm, address, disks);
    writer.#follower = lab.client.follow(address, guestPorts.disk, "watch", (line) =>
      writer.#hear(line),
    );
    await writer.more();
    return writer;
  }

  /** From now on so many records a second on each disk; 0: as fast as it goes. */
  async rate(perSecond: number): Promise<void> {
    const answer = await this.#lab.client.ask(this.#address, guestPorts.disk, `rate ${perSecond}`);
    assert.match(answer, /^rate/);
  }

  /** Resolves when the guest has had more records acknowledged: it writes. */
  async more(): Promise<void> {
    const before = [...this.#acknowledged.values()];
    const deadline = performance.now() + ackMsMax;
    const wrote = (): boolean =>
      targets.every(
        ({ path }, index) => (this.#acknowledged.get(path) ?? 0) > (before[index] ?? 0),
      );
    while (!wrote()) {
      assert.equal(this.#failure, undefined);
      assert.ok(performance.now() < deadline, `no record acknowledged in ${ackMsMax} ms`);
      await sleep(20);
    }
  }

  /** The guest writes still, and everything acknowledged until now is on the disks of `host`. */
  async assertAllOn(host: LabHost): Promise<void> {
    await this.more();
    const acknowledged = new Map(this.#acknowledged);
    const params = { vm: this.#vm };
    await host.api("POST /v1/vms/{vm}/pause", { params });
    try {
      for (const [index, disk] of this.#disks.entries()) {
        await this.#assertOn(host, disk, index, acknowledged.get(targets[index]?.path ?? "") ?? 0);
      }
    } finally {
      await host.api("POST /v1/vms/{vm}/resume", { params });
    }
    await this.more();
  }

  async #assertOn(host: LabHost, disk: DiskFile, index: number, last: number): Promise<void> {
    const image = join(host.directory, "local", disk.file);
    // The owner's QEMU lets nobody else read the image itself (docs/decisions/0011).
    const taken = `${image}.look`;
    const copy = join(this.#lab.directory, `look-${index}.raw`);
    const records = index === 0 ? `${copy}.records` : copy;
    try {
      await run("cp", ["--sparse=always", image, taken]);
      await run("qemu-img", ["convert", "-f", disk.format, "-O", "raw", taken, copy]);
      if (index === 0) {
        await assertCleanFileSystem(copy);
        await run("debugfs", ["-R", `dump /records ${records}`, copy]);
      }
      const seed = targets[index]?.seed ?? 0;
      await assertRecords(records, seed, last, index === 0 ? fileSlots : undefined);
    } finally {
      for (const path of [taken, copy, records]) await rm(path, { force: true });
    }
  }

  #hear(line: string): void {
    const [word, path = "", number] = line.split(" ");
    if (word === "acked") this.#acknowledged.set(path, Number(number));
    else if (word === "failed") this.#failure = line;
  }

  [Symbol.dispose](): void {
    this.#follower?.[Symbol.dispose]();
  }
}

/** As after a power failure: the journal is replayed, then nothing may be wrong. */
async function assertCleanFileSystem(image: string): Promise<void> {
  // Exit code 1 says that something was mended, which the journal's replay is.
  await run("e2fsck", ["-f", "-p", image]).catch((error: { code?: number; stdout?: string }) => {
    assert.equal(error.code, 1, `e2fsck: ${error.stdout}`);
  });
  await run("e2fsck", ["-f", "-n", image]);
}

/**
 * The newest record is `last` or later, and of those before it every one that still has a slot is there, whole.
 * @param slots of a file that may not have reached its full length; absent: as many as fit.
 */
export async function assertRecords(
  path: string,
  seed: number,
  last: number,
  slots?: number,
): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const count = slots ?? Math.floor(size / slotBytes);
    const read = async (number: number): Promise<Buffer> => {
      const slot = Buffer.alloc(slotBytes);
      await file.read(slot, 0, slotBytes, (number % count) * slotBytes);
      return slot;
    };
    let newest = last;
    while ((await read(newest + 1)).equals(record(seed, newest + 1))) newest++;
    for (let number = Math.max(1, newest - count + 1); number <= newest; number++) {
      assert.ok(
        (await read(number)).equals(record(seed, number)),
        `${path}: record ${number} of ${newest}`,
      );
    }
  } finally {
    await file.close();
  }
}

/** As the guest's program makes it: a head and a sum that follows from seed and number. */
function record(seed: number, number: number): Buffer {
  const bytes = Buffer.alloc(slotBytes);
  bytes.write("FERRYREC");
  bytes.writeBigUInt64BE(BigInt(seed), 8);
  bytes.writeBigUInt64BE(BigInt(number), 16);
  const sum = BigInt(number) * 2_654_435_761n + BigInt(seed);
  for (let at = 24; at < slotBytes; at += 8) bytes.writeBigUInt64BE(sum, at);
  return bytes;
}
