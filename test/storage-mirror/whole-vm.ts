/** Where a VM with disks of its own is in a lab of two hosts: on one of them, whole, and nothing of it on the other. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { patienceMs } from "../../lab/patience.ts";

/** Agents that start adopt, settle with each other and clean up: seconds on a busy machine. */

export interface Hosts {
  readonly here: LabHost;
  readonly there: LabHost;
}

/** The host that has the VM, and the other. */
export async function hostsOf(lab: Lab, vm: string): Promise<Hosts> {
  const { host } = await lab.host("host-a").api("GET /v1/vms/{vm}", { params: { vm } });
  const other = host === "host-a" ? "host-b" : "host-a";
  return { here: lab.host(host), there: lab.host(other) };
}

/**
 * Waits until nothing of a move is open any more; at no time do both hosts let the VM run.
 * @param leaves what the other host may have of it: what it keeps for another attempt, or nothing at all
 */
export async function settled(
  lab: Lab,
  vm: string,
  leaves: "nothing" | "partial" = "nothing",
): Promise<Hosts> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const states = await Promise.all(
      lab.hosts.map(async (host) => {
        const { vms } = await host.api("GET /v1/vms");
        return { host, vm: vms.find(({ name }) => name === vm), files: await filesOf(host) };
      }),
    );
    const running = states.filter((state) => state.vm?.state === "running");
    assert.ok(running.length < 2, "the VM runs on two hosts");
    const [here] = running;
    const there = states.find((state) => state !== here);
    const rest = here?.vm?.migration === null && there?.vm === undefined;
    const left = there?.files.filter((file) => leaves === "nothing" || !file.includes(".partial-"));
    if (here && there && rest && left?.length === 0) {
      return { here: here.host, there: there.host };
    }
    const seen = states.map((state) => [
      state.host.name,
      state.vm?.state,
      state.vm?.migration,
      state.files,
    ]);
    assert.ok(performance.now() < deadline, `not settled: ${JSON.stringify(seen)}`);
    await sleep(50);
  }
}

/** As `settled`, with the VM on `host`. */
export async function assertOnlyOn(
  lab: Lab,
  vm: string,
  host: LabHost,
  leaves: "nothing" | "partial" = "nothing",
): Promise<void> {
  const { here } = await settled(lab, vm, leaves);
  assert.equal(here.name, host.name);
}

/** The files of a host's own pool. */
async function filesOf({ directory }: LabHost): Promise<string[]> {
  const names = await readdir(join(directory, "local"));
  return names.filter((name) => !name.startsWith(".ferry-pool")).sort();
}
