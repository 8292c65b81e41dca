/**
 * A VM's serial console that goes on: says up to where it has read when it opens the line again, so that after an
 * interruption nothing is missing and nothing comes twice; on another host it takes up that host's log from its begin.
 */
import type { SerialStart } from "../../../src/api/schema/serial.ts";
import { Reopening } from "./reopening.ts";

export type SerialState = "connecting" | "connected" | "waiting";

export interface SerialParts {
  readonly vm: string;
  /** `isPast`: they were written before anybody watched here. */
  readonly onBytes: (bytes: Uint8Array, isPast: boolean) => void;
  /** Something that is not the guest's, to be told between its lines. */
  readonly onNote: (text: string) => void;
  readonly onState: (state: SerialState) => void;
}

export class SerialLine {
  readonly #parts: SerialParts;
  #socket: WebSocket | undefined;
  #log: string | undefined;
  #position = 0;
  /** How many of the bytes to come are older than this page. */
  #pastBytes = 0;
  readonly #reopening = new Reopening(() => this.#open());
  #isClosed = false;

  constructor(parts: SerialParts) {
    this.#parts = parts;
    this.#open();
  }

  type(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(new TextEncoder().encode(text));
    }
  }

  hurry(): void {
    this.#reopening.hurry();
  }

  close(): void {
    this.#isClosed = true;
    this.#reopening.stop();
    this.#socket?.close();
  }

  #open(): void {
    this.#parts.onState("connecting");
    const url = new URL(`/v1/vms/${this.#parts.vm}/serial`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    if (this.#log !== undefined) {
      url.searchParams.set("log", this.#log);
      url.searchParams.set("after", String(this.#position));
    }
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === "string") this.#begin(JSON.parse(data) as SerialStart);
      else this.#take(new Uint8Array(data));
    });
    socket.addEventListener("close", () => {
      if (this.#isClosed) return;
      this.#parts.onState("waiting");
      this.#reopening.wait();
    });
    this.#socket = socket;
  }

  #begin({ log, from, past = 0, gap, begins, host }: SerialStart): void {
    const isFirst = this.#log === undefined;
    if (gap) this.#parts.onNote("what came in between is no longer kept");
    else if (!isFirst && log !== this.#log) {
      if (begins === "in the middle") this.#parts.onNote(`the agent of ${host} was started again`);
      else if (begins === "at the start") this.#parts.onNote("the VM was started again");
    }
    // What was written while this page looked for the line, no other has seen.
    this.#pastBytes = isFirst ? past : 0;
    this.#log = log;
    this.#position = from;
    this.#reopening.worked();
    this.#parts.onState("connected");
  }

  #take(bytes: Uint8Array): void {
    this.#position += bytes.length;
    const isPast = this.#pastBytes > 0;
    this.#pastBytes = Math.max(0, this.#pastBytes - bytes.length);
    this.#parts.onBytes(bytes, isPast);
  }
}
