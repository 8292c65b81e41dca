/**
 * Server-sent events out of a byte stream (WHATWG HTML, section 9.2.6). Pure: bytes in, events out, whatever the
 * pieces they arrive in.
 */
import { FerryError } from "../base/errors.ts";

export interface ServerSentEvent {
  /** The last id the server gave; what `Last-Event-ID` says after a reconnect. Empty when it never gave one. */
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** An event carries at most one record; a migration with a thousand rounds stays below this. */
export const eventBytesMax = 4 * 1024 * 1024;

export class EventStreamParser {
  /** Milliseconds the server asks to wait before reconnecting; undefined when it did not say. */
  retryMs: number | undefined;
  readonly #decoder = new TextDecoder();
  #rest = "";
  #id: string;
  #type = "";
  #data: string[] = [];
  #dataLength = 0;

  constructor(lastEventId = "") {
    this.#id = lastEventId;
  }

  /** @throws FerryError `peer-protocol` when one event is larger than `eventBytesMax`. */
  feed(chunk: Uint8Array): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    const text = this.#rest + this.#decoder.decode(chunk, { stream: true });
    // A carriage return at the very end may be half of CRLF: it waits for the next piece.
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#takeLine(line, events);
    if (this.#rest.length + this.#dataLength > eventBytesMax) {
      throw new FerryError(
        "peer-protocol",
        `Cannot read the event stream: an event is larger than ${eventBytesMax} bytes`,
      );
    }
    return events;
  }

  #takeLine(line: string, events: ServerSentEvent[]): void {
    if (line === "") {
      if (this.#data.length > 0) {
        const type = this.#type || "message";
        events.push({ id: this.#id, type, data: this.#data.join("\n") });
      }
      this.#type = "";
      this.#data = [];
      this.#dataLength = 0;
      return;
    }
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") {
      this.#data.push(value);
      this.#dataLength += value.length + 1;
    } else if (field === "event") this.#type = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^[0-9]+$/.test(value)) this.retryMs = Number(value);
  }
}
