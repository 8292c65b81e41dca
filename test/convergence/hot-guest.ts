/** A lab with a guest that writes faster than the link carries, for moves with policy post-copy. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { createGuest, guestPorts } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { moveThenSlowDown } from "../../lab/slow-link.ts";
import { followed, startMove } from "../move/moves.ts";

export const vm = "writer";
export const options = { convergencePolicy: "post-copy" } as const;
const address = "10.77.0.50";
/** Slower than the guest writes, and slow enough that its missing pages take seconds. */
const slowBytesPerSecond = 1_500_000;

/** Undefined where nobody may make the device that post-copy needs. */
export async function hotLab(name: string): Promise<Lab | undefined> {
  const lab = await Lab.up({ name, settings: { faultInjection: true } });
  for (const host of lab.hosts) {
    if (!(await host.lendUserfault())) return undefined;
    await host.agent.stop();
    await host.agent.start();
  }
  await createGuest(lab, { name: vm, host: "host-a", address });
  await ask(lab, "fill 16 7");
  await ask(lab, "churn 8000");
  return lab;
}

export async function places(lab: Lab): Promise<{ source: LabHost; target: LabHost }> {
  const { host } = await lab.host("host-a").api("GET /v1/vms/{vm}", { params: { vm } });
  const other = host === "host-a" ? "host-b" : "host-a";
  return { source: lab.host(host), target: lab.host(other) };
}

/** The other half of a move ends a moment after the one that was followed, and holds the VM until then. */
async function allOver(lab: Lab): Promise<void> {
  for (const host of lab.hosts) {
    const isOver = async () =>
      (await host.api("GET /v1/migrations", {})).migrations.every(
        ({ endedAt }) => endedAt !== null,
      );
    while (!(await isOver())) await sleep(100);
  }
}

/** A move that is slow once most of memory is there. */
export async function startSlowMove(lab: Lab, source: LabHost, target: LabHost): Promise<string> {
  await allOver(lab);
  const start = () => startMove(lab, vm, target.name, options);
  return (await moveThenSlowDown(source, start, slowBytesPerSecond)).id;
}

/** The guest runs on the target, and pages of it are still on the source. */
export async function missesPages(lab: Lab, id: string): Promise<void> {
  const record = await followed(lab, id, ({ endedAt, stages, progress }) => {
    const began = stages.find(({ name }) => name === "memory-postcopy")?.startedAt ?? null;
    const isSending = began !== null && progress !== null && progress.at >= began;
    return endedAt !== null || (isSending && progress.remainingBytes > 0);
  });
  assert.equal(record.endedAt, null, record.error?.message ?? "it ended before a page was missed");
}

/** The guest itself checked every page that it rewrote, and now checks all. */
export async function assertMemory(lab: Lab): Promise<void> {
  assert.match(await ask(lab, "verify"), /^verified 4096 0$/);
  assert.match(await ask(lab, "status"), / bad 0$/);
}

async function ask(lab: Lab, line: string): Promise<string> {
  return await lab.client.ask(address, guestPorts.memory, line);
}
