/** Brings a guest into the state of a workload and keeps it there while it is measured. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { guestPorts } from "../lab/guest.ts";
import type { Lab } from "../lab/lab.ts";
import { inNamespace } from "../lab/namespaces.ts";
import { clientName, namespaceOf } from "../lab/topology.ts";
import type { WorkloadName } from "./cells.ts";

/** Where a guest takes a file to keep in its memory. */
const filePort = 9000;
const MB = 1e6;
const sendSecondsMax = 600;
const arrivedMsMax = 60_000;
const lookMs = 200;

/** What the client sends the guest as a file, by workload; shell commands without an end of their own. */
const files: Partial<Record<WorkloadName, { command: string; bytes: number }>> = {
  "page-cache": { command: "tar --create --file - /usr/lib /usr/bin", bytes: 300 * MB },
  incompressible: { command: "cat /dev/urandom", bytes: 400 * MB },
};

/** What runs in the guest all the time, by workload. One worker, since the guest has one CPU. */
const programs: Partial<Record<WorkloadName, string>> = {
  writer: "stress-ng --quiet --vm 1 --vm-bytes 32M --vm-keep --vm-method write64",
  outrun: "stress-ng --quiet --vm 1 --vm-bytes 256M --vm-keep --vm-method write64",
};

/** What a user of redis does (redis-load.ts), by workload. */
const redisLoads: Partial<Record<WorkloadName, string>> = { redis: "carts", counters: "counters" };

export class RunningWorkload implements AsyncDisposable {
  readonly #client: ChildProcess | undefined;

  private constructor(client: ChildProcess | undefined) {
    this.#client = client;
  }

  /** Resolves when the guest's memory is filled and its work has begun. */
  static async start(lab: Lab, address: string, workload: WorkloadName): Promise<RunningWorkload> {
    const file = files[workload];
    if (file !== undefined) await sendFile(lab, address, file);
    const program = programs[workload];
    if (program !== undefined)
      await inGuest(lab, address, `${program} >/dev/null 2>&1 & echo begun`);
    const load = redisLoads[workload];
    return new RunningWorkload(load === undefined ? undefined : await useRedis(lab, address, load));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#client === undefined || this.#client.exitCode !== null) return;
    this.#client.kill();
    await once(this.#client, "exit");
  }
}

/** Into memory of the guest: its output up to so many bytes. */
export async function sendFile(
  lab: Lab,
  address: string,
  { command, bytes }: { command: string; bytes: number },
): Promise<void> {
  // One whose input ends says so to the other end, which takes it for the end of everything.
  const listen = `sleep ${sendSecondsMax} | nc -l -p ${filePort} >/run/content & echo listening`;
  await inGuest(lab, address, listen);
  await lab.client.waitFor(address, guestPorts.counter, 10_000);
  const send = `(${command}) 2>/dev/null | head --bytes=${bytes} | busybox nc ${address} ${filePort}`;
  await once(spawnAtClient(lab, ["sh", "-c", send]), "exit");
  // What was sent may still be on its way into the guest's file.
  const deadline = performance.now() + arrivedMsMax;
  for (let size = 0; size !== bytes; ) {
    size = Number(await inGuest(lab, address, "stat -c %s /run/content"));
    if (size !== bytes && performance.now() > deadline)
      throw new Error(`The guest got ${size} bytes of a file, wanted ${bytes}`);
    if (size !== bytes) await sleep(lookMs);
  }
}

/** Fills redis and goes on writing; resolves when it is filled. */
async function useRedis(lab: Lab, address: string, load: string): Promise<ChildProcess> {
  const client = spawnAtClient(lab, [
    process.execPath,
    join(import.meta.dirname, "redis-load.ts"),
    address,
    load,
  ]);
  const [line] = (await once(client.stdout ?? client, "data")) as [Buffer];
  if (!line.toString().startsWith("filled"))
    throw new Error(`redis was not filled: ${line.toString()}`);
  return client;
}

async function inGuest(lab: Lab, address: string, command: string): Promise<string> {
  return await lab.client.ask(address, guestPorts.command, command);
}

function spawnAtClient(lab: Lab, command: readonly string[]): ChildProcess {
  const [program, args] = inNamespace(namespaceOf(lab.name, clientName), command);
  return spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
}
