/** The agent itself: whether it is well, what it measures, and what its API is. */
import Type from "typebox";
import { Health } from "../schema/host.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers, orError } from "./answers.ts";

export function serviceRoutes(app: ApiServer, { self, metrics, now }: Services): void {
  app.get(
    "/health",
    {
      schema: {
        operationId: "health",
        summary: "Whether the agent is well",
        response: answers(Health),
      },
    },
    async () => ({
      status: "ok" as const,
      version: self.version,
      host: self.name,
      uptimeMs: Math.max(0, now() - self.startedAt),
    }),
  );
  app.get(
    "/v1/openapi.json",
    {
      schema: {
        operationId: "document",
        summary: "This document",
        response: answers(Type.Object({}, { additionalProperties: true })),
      },
    },
    async () => app.document(),
  );
  app.get(
    "/metrics",
    {
      schema: {
        operationId: "metrics",
        summary: "Figures for Prometheus",
        produces: { "text/plain": Type.String() },
        response: { 200: Type.String(), ...orError },
      },
    },
    async (_request, reply) => {
      const { contentType, text } = await metrics();
      return reply.type(contentType).send(text);
    },
  );
}
