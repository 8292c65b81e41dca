/** What the user chose, kept in this browser. */
import { useSyncExternalStore } from "react";

export const themes = ["system", "light", "dark"] as const;
export const byteUnits = ["binary", "decimal"] as const;

export interface Preferences {
  readonly theme: (typeof themes)[number];
  /** A language tag for dates and numbers; null: the browser's. */
  readonly language: string | null;
  readonly units: (typeof byteUnits)[number];
}

const storageKey = "ferry-preferences";
const defaults: Preferences = { theme: "system", language: null, units: "binary" };
const listeners = new Set<() => void>();
let present = read();

export function preferences(): Preferences {
  return present;
}

export function setPreferences(change: Partial<Preferences>): void {
  present = { ...present, ...change };
  try {
    localStorage.setItem(storageKey, JSON.stringify(present));
  } catch {
    // A browser that keeps nothing still follows the choice until the page is closed.
  }
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, preferences);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function read(): Preferences {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey) ?? "{}") as Partial<Preferences>;
    return {
      theme: themes.find((theme) => theme === stored.theme) ?? defaults.theme,
      language: isLanguage(stored.language) ? stored.language : null,
      units: byteUnits.find((units) => units === stored.units) ?? defaults.units,
    };
  } catch {
    return defaults; // nothing kept, or nothing that can be read
  }
}

function isLanguage(tag: unknown): tag is string {
  try {
    return typeof tag === "string" && Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}
