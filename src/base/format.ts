/**
 * Quantities as people read them: three significant digits, binary units for bytes, a space before the unit. Shared
 * by every text a person sees (command line, error messages), so that the same number looks the same everywhere.
 */
const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** `0 B`, `512 MiB`, `1.21 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would round to four digits ("1000 MiB"): such a value already belongs to the next unit.
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : threeDigits(value)} ${byteUnits[unit]}`;
}

/** `118 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** `0.4 ms`, `43 ms`, `6.2 s`, `2 min 05 s`, `1 h 02 min`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 9.95) return `${trimZero(milliseconds.toFixed(1))} ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** Local time to the second: `2026-11-23 14:05:09`. `epochMs` is milliseconds since the epoch. */
export function formatTime(epochMs: number): string {
  const at = new Date(epochMs);
  const date = [at.getFullYear(), twoDigits(at.getMonth() + 1), twoDigits(at.getDate())].join("-");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(":");
  return `${date} ${time}`;
}

/** Local time to the millisecond: `2026-11-23 14:05:09.042`. */
export function formatPreciseTime(epochMs: number): string {
  const milliseconds = new Date(epochMs).getMilliseconds();
  return `${formatTime(epochMs)}.${String(milliseconds).padStart(3, "0")}`;
}

/** A count with its noun: `1 round`, `4 rounds`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return String(Math.round(value));
  return value >= 9.995 ? trimZero(value.toFixed(1)) : trimZero(value.toFixed(2));
}

function trimZero(decimal: string): string {
  return decimal.replace(/\.?0+$/, "");
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
