/**
 * Follows what every QEMU of a lab does, by the events of its second monitor, from before its guest can run to its end: that never two
 * copies run is judged by QEMU's own time stamps, without a gap between two looks.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LabHost } from "../../lab/lab-host.ts";
import { QmpClient } from "../../src/qemu/qmp-client.ts";
import { vmSockets } from "../../src/qemu/sockets.ts";

/** A skeleton is found long before its guest can run. */
const lookMs = 50;
const answerMsMax = 2_000;

/** From before the CPUs ran to after they stood still: QEMU sends RESUME first and STOP last. Milliseconds since the epoch. */
interface Run {
  readonly host: string;
  readonly from: number;
  /** Undefined while it runs. */
  to: number | undefined;
}

interface Monitor {
  readonly host: string;
  readonly qmp: QmpClient;
}

export class RunWatch implements AsyncDisposable {
  readonly #hosts: readonly LabHost[];
  readonly #monitors = new Map<string, Monitor | "connecting">();
  readonly #over = new AbortController();
  readonly #watching: Promise<void>;
  #runs: Run[] = [];

  constructor(hosts: readonly LabHost[]) {
    this.#hosts = hosts;
    this.#watching = this.#watch();
  }

  /** What each QEMU of the host says it does: the truth, whatever agents think. */
  async states(host: LabHost): Promise<string[]> {
    const answers = await this.#ask<{ status: string }>(host, "query-status");
    return answers.map(({ status }) => status);
  }

  /** What a move may have left inside the QEMUs of the host. */
  async remains(host: LabHost): Promise<string[]> {
    const lists = await Promise.all([
      this.#ask<{ id: string }[]>(host, "query-block-exports"),
      this.#ask<{ device: string }[]>(host, "query-block-jobs"),
    ]);
    return lists.flat(2).map((each) => JSON.stringify(each));
  }

  /** Moments since the last call in which two guests ran at once. */
  twice(): string[] {
    const runs = this.#runs;
    this.#runs = runs.filter(({ to }) => to === undefined);
    return runs.flatMap((one, index) =>
      runs
        .slice(index + 1)
        .filter((other) => overlap(one, other))
        .map((other) => `two copies run: ${JSON.stringify([one, other])}`),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#watching;
    for (const each of this.#monitors.values()) {
      if (each !== "connecting") await each.qmp[Symbol.asyncDispose]();
    }
  }

  async #watch(): Promise<void> {
    while (!this.#over.signal.aborted) {
      await Promise.all(this.#hosts.map((host) => this.#look(host)));
      await sleep(lookMs);
    }
  }

  async #ask<Answer>(host: LabHost, command: string): Promise<Answer[]> {
    await this.#look(host);
    const answers = [...this.#monitors.values()]
      .filter((each) => each !== "connecting")
      .filter((each) => each.host === host.name)
      .map(({ qmp }) =>
        qmp.execute<Answer>(command, {}, { timeoutMs: answerMsMax }).catch(() => undefined),
      );
    return (await Promise.all(answers)).filter((answer) => answer !== undefined);
  }

  async #look(host: LabHost): Promise<void> {
    const directory = join(host.directory, "run/vms");
    const ids = await readdir(directory).catch(() => []);
    const paths = ids.map((id) => vmSockets(join(directory, id)).qmpSpare);
    await Promise.all(paths.map((path) => this.#follow(host.name, path)));
  }

  async #follow(host: string, path: string): Promise<void> {
    if (this.#monitors.has(path)) return;
    this.#monitors.set(path, "connecting");
    const qmp = await QmpClient.connect(path, { timeoutMs: answerMsMax }).catch(() => undefined);
    if (qmp === undefined) {
      this.#monitors.delete(path); // it has not opened it yet, or is gone
      return;
    }
    this.#monitors.set(path, { host, qmp });
    let run: Run | undefined;
    const ended = (at: number): void => {
      if (run !== undefined) run.to = at;
      run = undefined;
    };
    const begun = (at: number): void => {
      if (run !== undefined) return;
      run = { host, from: at, to: undefined };
      this.#runs.push(run);
    };
    qmp.onEvent(({ event, timestampMs }) => {
      if (event === "RESUME") begun(timestampMs);
      if (event === "STOP") ended(timestampMs);
    });
    void qmp.closed.then(() => {
      ended(Date.now());
      this.#monitors.delete(path);
    });
    const now = await qmp.execute<{ running: boolean }>("query-status").catch(() => undefined);
    if (now?.running === true) begun(Date.now());
  }
}

function overlap(one: Run, other: Run): boolean {
  const end = (run: Run): number => run.to ?? Number.POSITIVE_INFINITY;
  return one.from < end(other) && other.from < end(one);
}
