/** The processes of the simulated hosts, one in the network of each of the lab's hosts. */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { inNamespace } from "../../lab/namespaces.ts";
import type { KeeperOrders } from "../../src/cluster/keeper-messages.ts";
import type { VmDefinition } from "../../src/vm/definition.ts";
import type { EtcdMeter } from "./etcd-meter.ts";
import type { Orders } from "./hosts-process.ts";

const program = join(import.meta.dirname, "hosts-process.ts");

export interface Size {
  readonly hosts: number;
  readonly vmsEach: number;
  readonly leaseMs: number;
}

type Answer = Readonly<Record<string, unknown>>;

export class Simulation implements Disposable {
  readonly #processes: HostsProcess[] = [];

  /** Starts the processes; nothing of their hosts is there yet. */
  static async begin(lab: Lab, definition: VmDefinition, size: Size): Promise<Simulation> {
    const simulation = new Simulation();
    const [issuer] = lab.hosts;
    if (issuer === undefined) throw new Error("a lab without hosts");
    for (const [index, host] of lab.hosts.entries()) {
      const numbers = Array.from({ length: size.hosts }, (_, number) => number).filter(
        (number) => number % lab.hosts.length === index,
      );
      const tokens: string[] = [];
      for (const _ of numbers) {
        const { token } = await issuer.api("POST /v1/domain/join-tokens", { body: {} });
        tokens.push(token);
      }
      const { cluster: id, endpoints, ca, cert, key } = keeperOf(host);
      const orders: Orders = {
        ...{ id, endpoints, tls: { ca, cert, key }, numbers, tokens, definition },
        ...{ leaseMs: size.leaseMs, vmsEach: size.vmsEach, address: host.address },
        directory: join(lab.directory, "simulated"),
      };
      const path = join(lab.directory, `orders-${host.name}.json`);
      writeFileSync(path, JSON.stringify(orders), { mode: 0o600 });
      simulation.#processes.push(new HostsProcess(host, path));
    }
    return simulation;
  }

  /** The same order to every process, at the same time. */
  async all(command: string): Promise<Answer[]> {
    return await Promise.all(this.#processes.map((each) => each.ask(command)));
  }

  /** An order to the first process: host number 0 is one of its. */
  async first(command: string): Promise<Answer> {
    const [first] = this.#processes;
    if (first === undefined) throw new Error("no processes");
    return await first.ask(command);
  }

  async meter(): Promise<EtcdMeter & { readonly at: number }> {
    const meter = (await this.first("meter")) as unknown as EtcdMeter;
    return { ...meter, at: performance.now() };
  }

  [Symbol.dispose](): void {
    for (const each of this.#processes) each[Symbol.dispose]();
  }
}

class HostsProcess implements Disposable {
  readonly #child;
  readonly #lines;
  #isReady = false;

  constructor({ namespace }: LabHost, orders: string) {
    const [command, args] = inNamespace(namespace, [process.execPath, program, orders]);
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(command: string): Promise<Answer> {
    if (!this.#isReady) await this.#lines.next();
    this.#isReady = true;
    this.#child.stdin.write(`${command}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`${command}: the process of the simulated hosts ended`);
    const answer = JSON.parse(String(value)) as Answer;
    if (answer["error"] !== undefined) throw new Error(`${command}: ${String(answer["error"])}`);
    return answer;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

/** What the host's keeper goes by: the cluster, where etcd is, and what this host shows it. */
export function keeperOf(host: LabHost): KeeperOrders {
  const orders = readFileSync(join(host.directory, "state/cluster/keeper.json"), "utf8");
  return JSON.parse(orders) as KeeperOrders;
}
