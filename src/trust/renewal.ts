/** Renews this host's certificate by itself, long before it runs out. */
import { X509Certificate } from "node:crypto";
import type { Log } from "../base/log.ts";
import { renewalRetryMs, renewalSleepMsMax, renewAtLifeFraction } from "./limits.ts";

/** When a certificate is to be renewed, milliseconds since the epoch. */
export function renewalDue(certificatePem: string): number {
  const certificate = new X509Certificate(certificatePem);
  const from = certificate.validFromDate.getTime();
  const to = certificate.validToDate.getTime();
  return from + (to - from) * renewAtLifeFraction;
}

/**
 * How long to sleep before looking again: until it is due, after a failure at least `renewalRetryMs`, and never so
 * long that a clock that jumped is not noticed.
 */
export function renewalSleepMs(due: number, failedAt: number | undefined, now: number): number {
  const wanted = failedAt === undefined ? due : Math.max(due, failedAt + renewalRetryMs);
  return Math.min(Math.max(0, wanted - now), renewalSleepMsMax);
}

export interface RenewalParts {
  readonly log: Log;
  readonly now: () => number;
  /** The certificate in use, PEM; undefined while the host belongs to no domain. */
  readonly certificate: () => string | undefined;
  /** Gets a new one and puts it to use. */
  readonly renew: () => Promise<void>;
}

export class Renewal implements Disposable {
  readonly #parts: RenewalParts;
  #timer: NodeJS.Timeout | undefined;
  #failedAt: number | undefined;
  #stopped = false;

  constructor(parts: RenewalParts) {
    this.#parts = parts;
  }

  /** Plans the next look; call again when the host has got its first certificate. */
  schedule(): void {
    clearTimeout(this.#timer);
    const certificate = this.#parts.certificate();
    if (certificate === undefined || this.#stopped) return;
    const sleepMs = renewalSleepMs(renewalDue(certificate), this.#failedAt, this.#parts.now());
    this.#timer = setTimeout(() => void this.#wake(), sleepMs).unref();
  }

  async #wake(): Promise<void> {
    await this.renewIfDue();
    this.schedule();
  }

  async renewIfDue(): Promise<void> {
    const { certificate, log, now, renew } = this.#parts;
    const present = certificate();
    if (present === undefined || renewalDue(present) > now()) return;
    try {
      await renew();
      this.#failedAt = undefined;
      log.info("renewed this host's certificate");
    } catch (error) {
      this.#failedAt = now();
      log.error({ err: error }, "cannot renew this host's certificate; will try again");
    }
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
