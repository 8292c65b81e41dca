/** API tokens of this host. */
import Type from "typebox";
import { HostQuery } from "../schema/scope.ts";
import { CreatedToken, TokenCreate, TokenList } from "../schema/token.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers, created, done } from "./answers.ts";

export function tokenRoutes(app: ApiServer, { tokens, events }: Services): void {
  app.get(
    "/v1/tokens",
    {
      schema: {
        operationId: "listTokens",
        summary: "The host's tokens, without their secrets",
        querystring: HostQuery,
        response: answers(TokenList),
      },
    },
    async () => ({ tokens: tokens.list() }),
  );
  app.post(
    "/v1/tokens",
    {
      schema: {
        operationId: "createToken",
        summary: "Make a token; its secret is shown this once",
        querystring: HostQuery,
        body: TokenCreate,
        response: created(CreatedToken),
      },
    },
    async (request, reply) => {
      const made = tokens.create(request.body);
      const { id, name, role } = made.token;
      events.publish("token.created", id, { name, role });
      return reply.code(201).send(made);
    },
  );
  app.delete(
    "/v1/tokens/:id",
    {
      schema: {
        operationId: "deleteToken",
        summary: "Delete a token, by id or name: it opens nothing any more",
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        querystring: HostQuery,
        response: done,
      },
    },
    async (request, reply) => {
      const { id, name } = tokens.delete(request.params.id);
      events.publish("token.deleted", id, { name });
      return reply.code(204).send(null);
    },
  );
}
