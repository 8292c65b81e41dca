/** Shutting this host down, its VMs first. */
import { callerName } from "../caller.ts";
import {
  HostShutdownBegin,
  HostShutdownPlan,
  HostShutdownPlanRequest,
  HostShutdownStatus,
} from "../schema/host-shutdown.ts";
import { HostQuery } from "../schema/scope.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers } from "./answers.ts";
import { describeDrain } from "./drain.ts";

export function hostShutdownRoutes(app: ApiServer, services: Services): void {
  const { hostShutdown } = services;
  app.post(
    "/v1/host/shutdown/plan",
    {
      schema: {
        operationId: "planHostShutdown",
        summary: "What would become of this host's VMs if it were shut down; changes nothing",
        querystring: HostQuery,
        body: HostShutdownPlanRequest,
        response: answers(HostShutdownPlan),
      },
    },
    async (request) => {
      const { withStorage = false, ...options } = request.body;
      const { ends, ...plan } = await hostShutdown.plan({ ...options, withStorage });
      return { ...plan, ends: [...ends] };
    },
  );
  app.get(
    "/v1/host/shutdown",
    {
      schema: {
        operationId: "getHostShutdown",
        summary: "Whether this host is being shut down, and how its VMs stand",
        querystring: HostQuery,
        response: answers(HostShutdownStatus),
      },
    },
    async () => describeShutdown(services),
  );
  app.post(
    "/v1/host/shutdown",
    {
      schema: {
        operationId: "shutDownHost",
        summary:
          "Close this host, move or end its VMs as a confirmed plan says, then end the machine; POST /v1/host/resume takes it back until then",
        querystring: HostQuery,
        body: HostShutdownBegin,
        response: answers(HostShutdownStatus),
      },
    },
    async (request) => {
      const { moves, end, withStorage = false, ...options } = request.body;
      const by = callerName(request.caller);
      await hostShutdown.begin(moves, { ...options, withStorage }, end, by);
      return describeShutdown(services);
    },
  );
}

function describeShutdown(services: Services): HostShutdownStatus {
  const { state } = services.hostShutdown;
  const { since = null, until = null, requestedBy = null, policy = null, end = null } = state ?? {};
  const moves = state === null ? [] : describeDrain(services).moves;
  const { over = true, ended = [] } = state ?? {};
  return { since, until, requestedBy, policy, end, over, moves, ended };
}
