/** Many small VMs in a lab, and what their moves' records say about limits. Firmware alone runs in them: the queue is meant. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../../lab/lab.ts";
import type { MigrationRecord } from "../../src/migration/record.ts";

/** All moves of a test, on a machine that is busy with everything else. */
const movesMsMax = 300_000;

/** Creates and starts VMs without disks on a host; resolves when all run. */
export async function startVms(lab: Lab, host: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await lab.host(host).api("POST /v1/vms", { body: { name, memoryMib: 32, vnc: false } });
    await lab.host(host).api("POST /v1/vms/{vm}/start", { params: { vm: name } });
  }
}

export async function askMove(lab: Lab, host: string, vm: string, target: string): Promise<string> {
  const { id } = await lab.host(host).api("POST /v1/migrations", { body: { vm, target } });
  return id;
}

/**
 * Lets moves leave a host so slowly that they are under way for as long as a test wants; resolves to what lets them run on.
 * @param atOnce How many may.
 */
export async function moveSlowly(
  lab: Lab,
  name: string,
  atOnce: number,
): Promise<() => Promise<void>> {
  const { settings } = await lab.host(name).api("GET /v1/host/settings");
  const set = async (body: typeof settings): Promise<void> => {
    const { generation } = await lab.host(name).api("GET /v1/host/settings");
    await lab.host(name).api("PUT /v1/host/settings", { body, generation });
  };
  const memoryBandwidth = { bytesPerSecond: 1_000_000, windows: [] };
  await set({ ...settings, simultaneousMovesMax: atOnce, memoryBandwidth });
  return () => set(settings);
}

/** The records of moves as their source keeps them, when all are over. */
export async function allOver(
  lab: Lab,
  host: string,
  ids: readonly string[],
): Promise<MigrationRecord[]> {
  const deadline = performance.now() + movesMsMax;
  while (performance.now() < deadline) {
    const { migrations } = await lab
      .host(host)
      .api("GET /v1/migrations", { query: { limit: 1000 } });
    const records = migrations.filter(({ id, role }) => role === "source" && ids.includes(id));
    if (records.length === ids.length && records.every(({ endedAt }) => endedAt !== null))
      return records;
    await sleep(100);
  }
  throw new Error(`Some of ${ids.length} moves from ${host} are not over after ${movesMsMax} ms`);
}

/** Each VM is on exactly one host, the expected one, and runs. */
export async function assertPlaces(
  lab: Lab,
  places: Readonly<Record<string, string>>,
): Promise<void> {
  const { vms } = await lab.host("host-a").api("GET /v1/vms", { query: { scope: "domain" } });
  const found = vms.map(({ name, host, state }) => `${name} ${host} ${state}`).sort();
  const wanted = Object.entries(places)
    .map(([name, host]) => `${name} ${host} running`)
    .sort();
  assert.deepEqual(found, wanted);
}
