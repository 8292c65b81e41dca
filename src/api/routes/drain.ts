/** Emptying this host and filling it again. */
import { callerName } from "../caller.ts";
import {
  DrainBegin,
  DrainEnd,
  DrainEndAnswer,
  DrainPlanAnswer,
  DrainPlanRequest,
  DrainStatus,
} from "../schema/drain.ts";
import { HostQuery } from "../schema/scope.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers } from "./answers.ts";

export function drainRoutes(app: ApiServer, services: Services): void {
  const { drain, hostShutdown } = services;
  app.post(
    "/v1/host/drain/plan",
    {
      schema: {
        operationId: "planDrain",
        summary: "How this host would be emptied; changes nothing",
        querystring: HostQuery,
        body: DrainPlanRequest,
        response: answers(DrainPlanAnswer),
      },
    },
    async (request) => {
      const { to, withStorage = false } = request.body;
      const { moves, stays, expectedMs } = await drain.plan(to, withStorage);
      return { moves: [...moves], stays: [...stays], expectedMs };
    },
  );
  app.get(
    "/v1/host/drain",
    {
      schema: {
        operationId: "getDrain",
        summary: "Whether this host is drained, and how its moves stand",
        querystring: HostQuery,
        response: answers(DrainStatus),
      },
    },
    async () => describeDrain(services),
  );
  app.post(
    "/v1/host/drain",
    {
      schema: {
        operationId: "drainHost",
        summary: "Close this host for VMs and queue the moves of a confirmed plan",
        querystring: HostQuery,
        body: DrainBegin,
        response: answers(DrainStatus),
      },
    },
    async (request) => {
      const { moves, withStorage = false } = request.body;
      await drain.begin(moves, withStorage, callerName(request.caller));
      return describeDrain(services);
    },
  );
  app.post(
    "/v1/host/resume",
    {
      schema: {
        operationId: "resumeHost",
        summary: "Open this host for VMs again; brings back those that left, if asked to",
        querystring: HostQuery,
        body: DrainEnd,
        response: answers(DrainEndAnswer),
      },
    },
    async (request) => {
      const bringBack = request.body.return === true;
      const ended = hostShutdown.abandon();
      const returns = await drain.resume(bringBack, callerName(request.caller));
      if (bringBack) void hostShutdown.startAgain(ended);
      return { returns };
    },
  );
}

export function describeDrain({ drain, migrations, vms }: Services): DrainStatus {
  const { state } = drain;
  const leaving = new Set<string>();
  const moves = (state?.moves ?? []).flatMap(({ vm, target, migration }) => {
    const record = migrations.find(migration);
    if (record === undefined) return [];
    if (record.endedAt === null) leaving.add(vm.id);
    return [
      {
        ...{ vm, target, migration },
        state: record.state,
        waitingFor: record.waitingFor,
        percent: record.progress?.percent ?? null,
        blackoutMs: record.blackout?.totalMs ?? null,
        error: record.error?.message ?? null,
      },
    ];
  });
  const failed = new Map(moves.map(({ vm, error }) => [vm.id, error]));
  const refused = new Map((state?.refused ?? []).map(({ vm, reason }) => [vm.id, reason]));
  const stays = vms
    .list()
    .filter(({ ownership, definition }) => ownership === "owner" && !leaving.has(definition.id))
    .map(({ definition: { id, name }, state: vmState }) => ({
      vm: { id, name },
      reason:
        refused.get(id) ?? failed.get(id) ?? `it is ${vmState}, and its move was not asked for`,
    }));
  return {
    drained: state !== null,
    since: state?.since ?? null,
    requestedBy: state?.requestedBy ?? null,
    over: leaving.size === 0 && !drain.isBeginning,
    moves,
    stays: state === null ? [] : stays,
  };
}
