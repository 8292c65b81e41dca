/** A guest under KVM that writes to a disk on an SMB share, and is used, while it moves there and back. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { guestPorts } from "../../lab/guest.ts";
import { assertRecords } from "../support/records.ts";
import type { HostsCase } from "./cases.ts";
import { lastMove, runsOn, type Site } from "./site.ts";

const vm = "writer";
const guest = "10.88.0.52";
/** All of it, in a circle. */
const disk = "/dev/vda";
const seed = 3;
const perSecond = 10;

export const writingCase: HostsCase = {
  name: "a guest under KVM moves on an SMB share while it writes there and is used",
  async run(site) {
    const { a, b, client } = site;
    const line = `console=ttyS0 quiet no-kvmclock mitigations=off init_on_free=1 ferry.ip=${guest}/24 ferry.name=${vm}`;
    await a.run(
      `ferry vm create ${vm} --memory 192M --disk vms,size=64M --nic lan --kernel local/vmlinuz --initrd local/initrd.img ` +
        `--kernel-arguments '${line}' --start`,
    );
    await client.waitFor(guest, guestPorts.disk, site.patienceMs);
    const ask = (words: string) => client.ask(guest, guestPorts.disk, words);
    assert.match(await ask(`write ${disk} ${seed} ${perSecond}`), /^writing/);
    let acknowledged = 0;
    using _ = client.follow(guest, guestPorts.disk, "watch", (said) => {
      const [word, , number] = said.split(" ");
      if (word === "acked") acknowledged = Number(number);
    });
    await using watch = await client.use(guest, ["counter"], 20);
    const blackouts: number[] = [];
    for (const [from, to, name] of [
      [a, b, "host-b"],
      [b, a, "host-a"],
    ] as const) {
      const before = acknowledged;
      await from.run(`ferry move ${vm} ${name}`);
      await runsOn(to, vm, name);
      assert.ok(acknowledged > before, "it wrote while it moved");
      blackouts.push((await lastMove(to, vm)).blackout?.totalMs ?? Number.NaN);
    }
    const { lost, duplicates, errors } = await watch.counter();
    assert.deepEqual({ lost, duplicates, errors }, { lost: 0, duplicates: 0, errors: 0 });
    await a.run(`ferry vm pause ${vm}`);
    await assertOnShare(site, acknowledged);
    await a.run(`ferry vm power-off ${vm} --yes; ferry vm delete ${vm} --disks --yes`);
    return `blackouts ${blackouts.map(Math.round).join(" and ")} ms, ${acknowledged} records acknowledged, all there`;
  },
};

/** The guest stands still: what it was told is written is in the server's file, whole and in order. */
async function assertOnShare({ lab }: Site, last: number): Promise<void> {
  const run = promisify(execFile);
  const image = join(lab.directory, "samba/vms", `${vm}-disk0.qcow2`);
  const taken = join(lab.directory, "look.qcow2");
  const raw = join(lab.directory, "look.raw");
  try {
    // The owner's QEMU lets nobody else read the image itself (docs/decisions/0011).
    await run("cp", ["--sparse=always", image, taken]);
    await run("qemu-img", ["convert", "-f", "qcow2", "-O", "raw", taken, raw]);
    await assertRecords(raw, seed, last);
  } finally {
    for (const path of [taken, raw]) await rm(path, { force: true });
  }
}
