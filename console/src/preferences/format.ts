/** Quantities and times as the user wants them; where nothing was chosen, as the command line writes them. */
import { formatBytes, formatDuration } from "../../../src/base/format.ts";
import { preferences } from "./preferences.ts";

const decimalUnits = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

export function bytes(count: number): string {
  if (preferences().units === "binary") return inLanguage(formatBytes(count));
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < decimalUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const number = unit === 0 ? Math.round(value) : Number(value.toPrecision(3));
  return inLanguage(`${number} ${decimalUnits[unit]}`);
}

/** What a unit is of the next smaller one. */
export function byteBase(): number {
  return preferences().units === "binary" ? 1024 : 1000;
}

export function rate(bytesPerSecond: number): string {
  return `${bytes(bytesPerSecond)}/s`;
}

export function duration(milliseconds: number): string {
  return inLanguage(formatDuration(milliseconds));
}

export function time(epochMs: number): string {
  return formatter({ dateStyle: "medium", timeStyle: "medium" }).format(epochMs);
}

export function timeOfDay(epochMs: number): string {
  return formatter({ timeStyle: "medium" }).format(epochMs);
}

/** To one place: how many tasks, on average. */
export function tenths(value: number): string {
  return inLanguage(value.toFixed(1));
}

export function percent(value: number): string {
  return `${Math.floor(value)} %`;
}

/** `3 minutes ago`, by the user's clock. */
export function ago(epochMs: number, now: number): string {
  const seconds = Math.round((epochMs - now) / 1000);
  const steps = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ] as const;
  const format = new Intl.RelativeTimeFormat(language(), { numeric: "auto" });
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return format.format(Math.round(seconds / length), unit);
  }
  return format.format(seconds, "second");
}

/** Fractions with the sign that the language has for them. */
function inLanguage(text: string): string {
  return text.replace(/\d+\.(\d+)/g, (number, fraction: string) => {
    const digits = fraction.length;
    const options = { minimumFractionDigits: digits, useGrouping: false } as const;
    const key = `${language() ?? ""} ${digits}`;
    const made = numberFormats.get(key) ?? new Intl.NumberFormat(language(), options);
    numberFormats.set(key, made);
    return made.format(Number(number));
  });
}

const numberFormats = new Map<string, Intl.NumberFormat>();
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language() ?? ""} ${JSON.stringify(options)}`;
  const made = formatters.get(key) ?? new Intl.DateTimeFormat(language(), options);
  formatters.set(key, made);
  return made;
}

function language(): string | undefined {
  return preferences().language ?? undefined;
}
