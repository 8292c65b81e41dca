/** Points in the past as people type them: how long ago, or a date. Pure. */
import { FerryError } from "../base/errors.ts";
import { parseDuration } from "./quantities.ts";

/** Milliseconds since the epoch of `12h`, `7d`, `2026-11-23`, `2026-11-23T14:05`; dates are local time. */
export function parsePast(text: string, now: number): number {
  const at = parseTime(text, now);
  if (Number.isFinite(at) && at >= 0) return Math.round(at);
  throw new FerryError("bad-input", `Cannot understand time "${text}"`, {
    remedy:
      "Write how long ago, such as 12h or 7d, or a date, such as 2026-11-23 or 2026-11-23T14:05",
  });
}

function parseTime(text: string, now: number): number {
  const [, date, time = "00:00"] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))?$/.exec(text.trim()) ?? [];
  if (date !== undefined) return new Date(`${date}T${time}`).getTime();
  try {
    return now - parseDuration(text);
  } catch {
    return Number.NaN;
  }
}
