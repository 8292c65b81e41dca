/** Secrets of this host, for LUNs. */
import Type from "typebox";
import { Name, type VmDefinition } from "../../vm/definition.ts";
import { HostQuery } from "../schema/scope.ts";
import { Secret, SecretList, SecretSet } from "../schema/secret.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers, done } from "./answers.ts";

export function secretRoutes(app: ApiServer, { secrets, vms, events }: Services): void {
  app.get(
    "/v1/secrets",
    {
      schema: {
        operationId: "listSecrets",
        summary: "The host's secrets, without their passwords",
        querystring: HostQuery,
        response: answers(SecretList),
      },
    },
    async () => ({ secrets: await secrets.list() }),
  );
  app.put(
    "/v1/secrets/:secret",
    {
      schema: {
        operationId: "setSecret",
        summary: "Tell the host a CHAP user and password by the name that LUNs use",
        params: Type.Object({ secret: Name }),
        querystring: HostQuery,
        body: SecretSet,
        response: answers(Secret),
      },
    },
    async (request) => {
      const { secret: name } = request.params;
      const { user, password } = request.body;
      await secrets.set(name, { user, password });
      events.publish("secret.set", name, { name, user });
      return { name, user };
    },
  );
  app.delete(
    "/v1/secrets/:secret",
    {
      schema: {
        operationId: "deleteSecret",
        summary: "Forget a secret that no VM needs",
        params: Type.Object({ secret: Name }),
        querystring: HostQuery,
        response: done,
      },
    },
    async (request, reply) => {
      const { secret: name } = request.params;
      const users = vms.list().filter(({ definition }) => needsSecret(definition, name));
      await secrets.remove(
        name,
        users.map(({ definition }) => definition.name),
      );
      events.publish("secret.deleted", name, { name });
      return reply.code(204).send(null);
    },
  );
}

function needsSecret({ luns = [] }: VmDefinition, name: string): boolean {
  return luns.some(({ source }) => source.kind === "iscsi" && source.secret === name);
}
