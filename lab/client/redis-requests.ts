/** Requests to redis over one connection that was opened before anything moved: each value written is read back. */
import { connect, type Socket } from "node:net";
import { requestMsMax } from "./request-probe.ts";

/** Values change with every write; there are few enough keys that each is written many times. */
const keys = 1000;

export class RedisRequests {
  readonly #socket: Socket;
  #count = 0;
  #received = "";
  #broken: Error | undefined;
  #changed = (): void => undefined;

  constructor(host: string, port: number) {
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text: string) => {
      this.#received += text;
      this.#changed();
    });
    this.#socket.on("error", (error) => this.#break(error));
    this.#socket.on("close", () => this.#break(new Error("redis closed the connection")));
  }

  /** SET and GET of one key in one go. */
  async send(): Promise<void> {
    const count = this.#count++;
    const key = `key:${count % keys}`;
    const value = `value ${count}`;
    this.#received = "";
    this.#socket.write(command("SET", key, value) + command("GET", key));
    const wanted = `+OK\r\n$${value.length}\r\n${value}\r\n`;
    const answer = await this.#answer(wanted.length);
    if (answer !== wanted) throw new Error(`redis answered ${JSON.stringify(answer)}`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #answer(length: number): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const timer = setTimeout(() => reject(new Error("redis did not answer")), requestMsMax);
    this.#changed = () => {
      if (this.#broken !== undefined) reject(this.#broken);
      else if (this.#received.length >= length) resolve(this.#received);
    };
    this.#changed();
    return promise.finally(() => clearTimeout(timer));
  }

  #break(error: Error): void {
    this.#broken ??= error;
    this.#changed();
  }
}

function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}
