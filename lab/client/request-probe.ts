/** Sends requests at a steady rate, whatever kind they are, and counts what a user would call a failure. */
import { type RequestReport, toTenths } from "./report.ts";

/** A user would have given up; a new connection's first packet may get lost and is sent again after a second. */
export const requestMsMax = 5_000;

export class RequestProbe {
  readonly #request: () => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #busy = false;
  #requests = 0;
  #errors = 0;
  #slowestMs = 0;
  #firstError: string | null = null;

  /** @param request Sends one request and checks its answer; rejects when a user would call it failed. */
  constructor(request: () => Promise<void>, perSecond: number) {
    this.#request = request;
    this.#timer = setInterval(() => void this.#send(), 1000 / perSecond);
  }

  mark(): void {
    this.#requests = 0;
    this.#errors = 0;
    this.#slowestMs = 0;
    this.#firstError = null;
  }

  report(): RequestReport {
    return {
      requests: this.#requests,
      errors: this.#errors,
      slowestMs: toTenths(this.#slowestMs),
      firstError: this.#firstError,
    };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** One at a time, as on one connection: the next waits for the answer of the one before. */
  async #send(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const start = performance.now();
    try {
      await this.#request();
    } catch (error) {
      this.#errors++;
      this.#firstError ??= error instanceof Error ? error.message : String(error);
    } finally {
      this.#requests++;
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - start);
      this.#busy = false;
    }
  }
}
