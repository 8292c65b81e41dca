/** Where a VM with disks of its own is in a lab of two hosts: on one of them, whole, and nothing of it on the other. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";

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

export async function assertOnlyOn(vm: string, here: LabHost, there: LabHost): Promise<void> {
  const { state, host } = await here.api("GET /v1/vms/{vm}", { params: { vm } });
  assert.deepEqual({ state, host }, { state: "running", host: here.name });
  assert.deepEqual((await there.api("GET /v1/vms")).vms, []);
  assert.deepEqual(await filesOf(there), []);
}

/** The files of a host's own pool. */
async function filesOf({ directory }: LabHost): Promise<string[]> {
  const names = await readdir(join(directory, "local"));
  return names.filter((name) => !name.startsWith(".ferry-pool")).sort();
}
