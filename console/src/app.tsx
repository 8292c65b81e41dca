/** Everything around the pages: theme, cache, session, the line to the agent, and the address bar. */
import { FluentProvider, makeStyles, tokens, Toaster } from "@fluentui/react-components";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { FerryError } from "../../src/base/errors.ts";
import { LiveLine } from "./live/live-line.tsx";
import { toasterId } from "./parts/announce.tsx";
import { usePreferences } from "./preferences/preferences.ts";
import { useTheme } from "./preferences/theme.ts";
import { router } from "./router.tsx";
import { SessionGate } from "./session/session.tsx";

const cache = new QueryClient({
  defaultOptions: {
    queries: {
      // Events keep the cache true; a new line to the agent has everything read again.
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      structuralSharing: false,
      retry: (failures, error) =>
        error instanceof FerryError && error.code === "unreachable" && failures < 2,
    },
  },
});

const fullHeight = { height: "100%" } as const;

const useStyles = makeStyles({
  page: { height: "100%", backgroundColor: tokens.colorNeutralBackground2 },
});

export function App() {
  const styles = useStyles();
  const theme = useTheme();
  // Quantities and times are written by plain functions: a change of how renders everything anew.
  const { language, units } = usePreferences();
  return (
    // N.B. no class: menus, dialogs and tooltips stand in elements that get the provider's classes too, and would cover
    // the page with them.
    <FluentProvider theme={theme} style={fullHeight} key={`${language} ${units}`}>
      <QueryClientProvider client={cache}>
        <div className={styles.page}>
          <SessionGate>
            <LiveLine>
              <RouterProvider router={router} />
            </LiveLine>
          </SessionGate>
        </div>
        <Toaster toasterId={toasterId} position="bottom-end" />
      </QueryClientProvider>
    </FluentProvider>
  );
}
