/** Rehearsed failures, for hosts whose configuration allows them. */
import { FaultCreate, FaultList } from "../schema/fault.ts";
import { HostQuery } from "../schema/scope.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers, done } from "./answers.ts";

export function faultRoutes(app: ApiServer, { faults }: Services): void {
  app.post(
    "/v1/faults",
    {
      schema: {
        operationId: "armFault",
        summary: "Arm a failure for one point of a move or failover; it strikes once",
        querystring: HostQuery,
        body: FaultCreate,
        response: done,
      },
    },
    async (request, reply) => {
      faults.arm(request.body.point, request.body.action);
      return reply.code(204).send(null);
    },
  );
  app.get(
    "/v1/faults",
    {
      schema: {
        operationId: "listFaults",
        summary: "Failures that wait for their point, and those that hold it",
        querystring: HostQuery,
        response: answers(FaultList),
      },
    },
    async () => ({ faults: faults.list(), points: [...faults.points] }),
  );
  app.delete(
    "/v1/faults",
    {
      schema: {
        operationId: "clearFaults",
        summary: "Forget what has not struck, and let go on what is paused",
        querystring: HostQuery,
        response: done,
      },
    },
    async (_request, reply) => {
      faults.clear();
      return reply.code(204).send(null);
    },
  );
}
