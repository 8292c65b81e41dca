/** Rehearsed failures, for hosts whose configuration allows them. */
import { FaultCreate } from "../schema/fault.ts";
import { HostQuery } from "../schema/scope.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { done } from "./answers.ts";

export function faultRoutes(app: ApiServer, { faults }: Services): void {
  app.post(
    "/v1/faults",
    {
      schema: {
        operationId: "armFault",
        summary: "Arm a failure for one point of a move; it strikes once",
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
}
