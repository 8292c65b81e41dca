/** Migrations: asking for one, watching and cancelling it, and the history. */
import Type from "typebox";
import type { MigrationRecord as Record } from "../../migration/record.ts";
import { callerName } from "../caller.ts";
import { askMembers } from "../domain-questions.ts";
import {
  MigrationCreate,
  MigrationList,
  MigrationListQuery,
  MigrationPlace,
  MigrationResolve,
  MigrationRecord,
  MigrationStepIn,
} from "../schema/migration.ts";
import { HostQuery } from "../schema/scope.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { accepted, answers } from "./answers.ts";

const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) });
const limitDefault = 100;

export function migrationRoutes(app: ApiServer, services: Services): void {
  const { migrations, scheduler } = services;
  app.get(
    "/v1/migrations",
    {
      schema: {
        operationId: "listMigrations",
        summary: "Migrations, newest first, of this host or, with scope=domain, of every host",
        querystring: MigrationListQuery,
        response: answers(MigrationList),
      },
    },
    async (request) => {
      const { vm, state, since, limit = limitDefault, scope } = request.query;
      const filter = { ...(vm && { vm }), ...(state && { state }), ...(since && { since }), limit };
      const own = migrations.list(filter);
      if (scope !== "domain") return { migrations: own, unreachable: [] };
      const query = new URLSearchParams(
        Object.entries(filter).map(([name, value]) => [name, String(value)]),
      );
      const asked = await askMembers(services, MigrationList, `/v1/migrations?${query.toString()}`);
      const others = asked.answers.flatMap(({ answer }) => answer.migrations);
      return { migrations: merge([...own, ...others], limit), unreachable: asked.unreachable };
    },
  );
  app.post(
    "/v1/migrations",
    {
      config: { locate: "vm-in-body" },
      schema: {
        operationId: "startMigration",
        summary: "Move a VM; answers once the checks have passed and the move is queued",
        querystring: HostQuery,
        body: MigrationCreate,
        response: accepted(MigrationRecord),
      },
    },
    async (request, reply) => {
      const { vm, target, options = {}, report } = request.body;
      const requestedBy = callerName(request.caller);
      const record = await scheduler.request({
        ...{ vm, target, options, requestedBy },
        ...(report && { report }),
      });
      return reply.code(202).send(record);
    },
  );
  app.get(
    "/v1/migrations/:id",
    {
      config: { locate: "migration-in-path" },
      schema: {
        operationId: "getMigration",
        summary: "The record of a migration",
        params: Params,
        querystring: HostQuery,
        response: answers(MigrationRecord),
      },
    },
    async (request) => migrations.get(request.params.id),
  );
  app.post(
    "/v1/migrations/:id/cancel",
    {
      config: { locate: "migration-in-path" },
      schema: {
        operationId: "cancelMigration",
        summary: "Cancel a move; answers when both hosts are as they were",
        params: Params,
        querystring: HostQuery,
        response: answers(MigrationRecord),
      },
    },
    (request) => scheduler.cancel(request.params.id),
  );
  app.post(
    "/v1/migrations/:id/resolve",
    {
      config: { locate: "migration-in-path" },
      schema: {
        operationId: "resolveMigration",
        summary: "Say that the other host of a move in doubt is dead; the VM runs on here",
        params: Params,
        querystring: HostQuery,
        body: MigrationResolve,
        response: answers(MigrationRecord),
      },
    },
    (request) =>
      migrations.resolve(request.params.id, request.body.word, callerName(request.caller)),
  );
  app.post(
    "/v1/migrations/:id/step-in",
    {
      config: { locate: "migration-in-path" },
      schema: {
        operationId: "stepIntoMigration",
        summary: "Step into a move whose memory is being copied; answers when it is carried out",
        params: Params,
        querystring: HostQuery,
        body: MigrationStepIn,
        response: answers(MigrationRecord),
      },
    },
    (request) => {
      const requestedBy = callerName(request.caller);
      return migrations.stepIn(request.params.id, { ...request.body, requestedBy });
    },
  );
  app.post(
    "/v1/migrations/:id/place",
    {
      config: { locate: "migration-in-path" },
      schema: {
        operationId: "placeMigration",
        summary: "Give a move that waits another place in the queue",
        params: Params,
        querystring: HostQuery,
        body: MigrationPlace,
        response: answers(MigrationRecord),
      },
    },
    async (request) => {
      const { priority, to, before } = request.body;
      const place = before === undefined ? to : { before };
      return scheduler.place(request.params.id, {
        ...(priority && { priority }),
        ...(place && { to: place }),
      });
    },
  );
}

/** Both hosts keep a record of a migration; the source's is the full one. */
function merge(records: readonly Record[], limit: number): Record[] {
  const byId = new Map<string, Record>();
  for (const record of records) {
    if (record.role === "source" || !byId.has(record.id)) byId.set(record.id, record);
  }
  return [...byId.values()]
    .sort((one, other) => other.requestedAt - one.requestedAt)
    .slice(0, limit);
}
