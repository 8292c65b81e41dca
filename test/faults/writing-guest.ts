/** A guest that writes numbered records, and a client outside that hears of each one that is on the disk: what was heard must be there. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { guestPorts } from "../../lab/guest.ts";
import type { Lab } from "../../lab/lab.ts";
import { inNamespace } from "../../lab/namespaces.ts";
import { namespaceOf } from "../../lab/topology.ts";

const seed = 7;
/** Little: what an emulated guest computes, the hosts' agents on the same machine lack. */
const recordsPerSecond = 10;
const pagesPerSecond = 40;
const memoryMib = 2;
const device = "/dev/vda";
/** Under TCG, on a starved machine. */
const bootMsMax = 400_000;

export class WritingGuest implements AsyncDisposable {
  readonly #lab: Lab;
  readonly #address: string;
  #watch: ChildProcess | undefined;
  #acknowledged = 0;

  constructor(lab: Lab, address: string) {
    this.#lab = lab;
    this.#address = address;
  }

  /** Resolves when the guest has booted. */
  async booted(): Promise<void> {
    for (const port of [guestPorts.disk, guestPorts.memory]) {
      await this.#lab.client.waitFor(this.#address, port, bootMsMax);
    }
    await this.#ask("memory", `fill ${memoryMib} ${seed}`);
  }

  /** From here on every record that is acknowledged counts; resolves when the first is. */
  async startWriting(): Promise<void> {
    await this.#ask("disk", `write ${device} ${seed} ${recordsPerSecond}`);
    await this.#ask("memory", `churn ${pagesPerSecond}`);
    this.#acknowledged = 0;
    const [program, args] = inNamespace(namespaceOf(this.#lab.name, "client"), [
      ...["busybox", "nc", this.#address, String(guestPorts.disk)],
    ]);
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
    this.#watch = child;
    child.stdin.on("error", () => undefined);
    child.stdin.write("watch\n");
    const first = Promise.withResolvers<void>();
    createInterface({ input: child.stdout }).on("line", (line) => {
      const number = /^acked \S+ (\d+)$/.exec(line)?.[1];
      if (number === undefined) return;
      this.#acknowledged = Number(number);
      first.resolve();
    });
    await first.promise;
  }

  /** The guest lived on: everything it was told is on its disk, and its memory is what it wrote. Undefined when so. */
  async checkAlive(): Promise<string | undefined> {
    const stopped = await this.#ask("disk", "stop");
    const heard = this.#endWatch();
    const last = Number(stopped.split(" ")[1]);
    if (!(last >= heard)) return `the guest says "${stopped}", ${heard} was acknowledged`;
    return (await this.#verifyDisk(last)) ?? (await this.#verifyMemory());
  }

  /** The guest was started anew: everything that was acknowledged before is on its disk. */
  async checkRestarted(): Promise<string | undefined> {
    const heard = this.#endWatch();
    await this.booted();
    return await this.#verifyDisk(heard);
  }

  #endWatch(): number {
    this.#watch?.kill();
    this.#watch = undefined;
    return this.#acknowledged;
  }

  async #verifyDisk(last: number): Promise<string | undefined> {
    const answer = await this.#ask("disk", `verify ${device} ${seed} ${last}`);
    return /^verified [1-9]\d* 0$/.test(answer) ? undefined : `disk up to ${last}: ${answer}`;
  }

  async #verifyMemory(): Promise<string | undefined> {
    await this.#ask("memory", "churn 0");
    const status = await this.#ask("memory", "status");
    const answer = await this.#ask("memory", "verify");
    if (/^verified [1-9]\d* 0$/.test(answer) && status.endsWith(" bad 0")) return undefined;
    return `memory: ${status}, ${answer}`;
  }

  async #ask(service: "disk" | "memory", line: string): Promise<string> {
    return await this.#lab.client.ask(this.#address, guestPorts[service], line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endWatch();
  }
}
