/** Who is logged in, and what their role lets the pages offer. */
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect } from "react";
import type { Session } from "../../../src/api/schema/session.ts";
import type { Role } from "../../../src/api/schema/token.ts";
import { FerryError } from "../../../src/base/errors.ts";
import { call, onSessionEnded } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { hostListQuery } from "../hosts/host-data.ts";
import { migrationListQuery } from "../migrations/migration-data.ts";
import { vmListQuery } from "../vms/vm-data.ts";
import { setLinkProblem } from "./link-problem.ts";
import { LoginPage } from "./login-page.tsx";
import { StartFailure } from "./start-failure.tsx";

const SessionContext = createContext<Session | undefined>(undefined);

/** From least to most, as the agent orders them. */
const rank: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, administrator: 2 };

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("Cannot show this without a session");
  return session;
}

export function useMay(role: Role): boolean {
  return rank[useSession().role] >= rank[role];
}

/** The pages for who is logged in, the door for who is not. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const cache = useQueryClient();
  useEffect(() => onSessionEnded(() => cache.setQueryData(keys.session, null)), [cache]);
  const { data, error, refetch } = useQuery({
    queryKey: keys.session,
    queryFn: () => readSession(cache),
  });
  if (data) return <SessionContext value={data}>{children}</SessionContext>;
  if (data === null) return <LoginPage />;
  return error === null ? null : <StartFailure error={error} retry={() => void refetch()} />;
}

/** A one-time link in the address logs in first; null: nobody is logged in. */
async function readSession(cache: QueryClient): Promise<Session | null> {
  const link = /^#login=(.+)$/.exec(location.hash)?.[1];
  if (link !== undefined) {
    // Out of the address bar and the history before anything else.
    history.replaceState(null, "", location.pathname);
    try {
      return await call("POST /v1/session", { body: { link } });
    } catch (error) {
      setLinkProblem(FerryError.from(error));
    }
  } else {
    readAhead(cache);
  }
  try {
    return await call("GET /v1/session");
  } catch (error) {
    if (error instanceof FerryError && error.code === "unauthenticated") return null;
    throw error;
  }
}

/** What every page shows is asked for together with who is there: it is on its way while the page is drawn for the first time. */
function readAhead(cache: QueryClient): void {
  void cache.prefetchQuery(vmListQuery);
  void cache.prefetchQuery(hostListQuery);
  void cache.prefetchQuery(migrationListQuery);
}
