/** The host's settings, changed only by those who have seen what they change. */
import { FerryError } from "../../base/errors.ts";
import { parseSettings } from "../../scheduler/settings.ts";
import type { StoredSettings } from "../../scheduler/settings-store.ts";
import { HostQuery } from "../schema/scope.ts";
import { HostSettingsAnswer, HostSettingsDocument } from "../schema/settings.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers } from "./answers.ts";

export function hostSettingsRoutes(app: ApiServer, { settings, pools }: Services): void {
  app.get(
    "/v1/host/settings",
    {
      schema: {
        operationId: "getHostSettings",
        summary: "What holds for all moves of this host",
        querystring: HostQuery,
        response: answers(HostSettingsAnswer),
      },
    },
    async (_request, reply) => reply.header("etag", tagOf(settings.current)).send(settings.current),
  );
  app.put(
    "/v1/host/settings",
    {
      schema: {
        operationId: "setHostSettings",
        summary: "Replace all settings; If-Match says which generation they were made from",
        querystring: HostQuery,
        body: HostSettingsDocument,
        response: answers(HostSettingsAnswer),
      },
    },
    async (request, reply) => {
      const { defaultDiskPool: pool } = parseSettings(request.body);
      // One that went away since does not stand against other changes.
      if (pool !== null && pool !== settings.current.settings.defaultDiskPool) pools.get(pool);
      const stored = settings.replace(request.body, generationOf(request.headers["if-match"]));
      return reply.header("etag", tagOf(stored)).send(stored);
    },
  );
}

function tagOf({ generation }: StoredSettings): string {
  return `"${generation}"`;
}

/** Null for `*`: whatever the settings are. */
function generationOf(header: string | undefined): number | null {
  if (header?.trim() === "*") return null;
  const digits = /^"([0-9]{1,15})"$/.exec(header?.trim() ?? "")?.[1];
  if (digits !== undefined) return Number(digits);
  const present = header === undefined ? "no If-Match" : `If-Match ${header.slice(0, 64)}`;
  throw new FerryError(
    "bad-input",
    `Cannot change the host's settings: ${present}, wanted is If-Match "GENERATION"`,
    {
      remedy:
        "Read the settings first (GET /v1/host/settings) and give back their ETag; * overwrites whatever is there",
    },
  );
}
