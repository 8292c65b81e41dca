/** Reads the guest's counter over one connection and stamps each arrival: what it misses, a user would have missed. */
import { connect, type Socket } from "node:net";
import { type CounterReport, toTenths } from "./report.ts";

export class CounterProbe {
  readonly #socket: Socket;
  #unfinished = "";
  #last = 0;
  #lastAt: bigint | undefined;
  #received = 0;
  #gap = 0n;
  #lost = 0;
  #duplicates = 0;
  #errors = 0;
  #closing = false;

  constructor(host: string, port: number, everyMs: number) {
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.write(`every ${everyMs}\n`);
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text: string) => this.#read(text));
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      if (!this.#closing) this.#errors++;
    });
  }

  /** From here on a new window: gaps and counts start again, the connection stays. */
  mark(): void {
    this.#received = 0;
    this.#gap = 0n;
    this.#lost = 0;
    this.#duplicates = 0;
    this.#errors = 0;
  }

  report(): CounterReport {
    // A gap that lasts until now counts as well.
    const open = this.#lastAt === undefined ? 0n : process.hrtime.bigint() - this.#lastAt;
    const gap = open > this.#gap ? open : this.#gap;
    return {
      received: this.#received,
      gapMsMax: toTenths(Number(gap) / 1e6),
      lost: this.#lost,
      duplicates: this.#duplicates,
      errors: this.#errors,
    };
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #read(text: string): void {
    const now = process.hrtime.bigint();
    if (this.#lastAt !== undefined && now - this.#lastAt > this.#gap)
      this.#gap = now - this.#lastAt;
    this.#lastAt = now;
    const lines = (this.#unfinished + text).split("\n");
    this.#unfinished = lines.pop() ?? "";
    for (const line of lines) this.#count(Number(line));
  }

  #count(number: number): void {
    this.#received++;
    if (number <= this.#last) this.#duplicates++;
    else this.#lost += number - this.#last - 1;
    this.#last = Math.max(this.#last, number);
  }
}
