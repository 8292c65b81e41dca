/** What the outside client reports: what a user of the guest would have noticed. */

export interface CounterReport {
  readonly received: number;
  /** The longest time without a line, milliseconds with one decimal. The guest sends one a millisecond. */
  readonly gapMsMax: number;
  readonly lost: number;
  readonly duplicates: number;
  /** 1 when the connection broke. */
  readonly errors: number;
}

export interface RequestReport {
  readonly requests: number;
  readonly errors: number;
  readonly slowestMs: number;
  /** What went wrong first, or null. */
  readonly firstError: string | null;
}

/** Since the last mark, or since the start. What was not asked for is absent. */
export interface ClientReport {
  readonly counter?: CounterReport;
  readonly redis?: RequestReport;
  readonly http?: RequestReport;
}

export function toTenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
