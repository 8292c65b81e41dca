/** Fluent's own themes, chosen by the user or by the system they work on. */
import { type Theme, webDarkTheme, webLightTheme } from "@fluentui/react-components";
import { useSyncExternalStore } from "react";
import { watchMedia } from "../parts/media.ts";
import { usePreferences } from "./preferences.ts";

const systemDark = watchMedia("(prefers-color-scheme: dark)");

export function useIsDark(): boolean {
  const { theme } = usePreferences();
  const isSystemDark = useSyncExternalStore(systemDark.subscribe, systemDark.holds);
  return theme === "system" ? isSystemDark : theme === "dark";
}

export function useTheme(): Theme {
  return useIsDark() ? webDarkTheme : webLightTheme;
}
