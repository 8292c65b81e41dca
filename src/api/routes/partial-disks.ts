/** Disks kept of moves that failed: what there is, and their end. */
import Type from "typebox";
import { FerryError } from "../../base/errors.ts";
import { partialBytes, removePartialDisk } from "../../vm/keep-partial.ts";
import { askMembers } from "../domain-questions.ts";
import { type PartialDisk, PartialDiskList, PartialDiskListQuery } from "../schema/partial-disk.ts";
import { HostQuery } from "../schema/scope.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers, done } from "./answers.ts";

const Params = Type.Object({ migration: Type.String({ minLength: 1, maxLength: 64 }) });

export function partialDiskRoutes(app: ApiServer, services: Services): void {
  const { pools, self, migrations } = services;
  app.get(
    "/v1/partial-disks",
    {
      schema: {
        operationId: "listPartialDisks",
        summary:
          "Disks kept of moves that failed, on this host or, with scope=domain, on every host",
        querystring: PartialDiskListQuery,
        response: answers(PartialDiskList),
      },
    },
    async (request) => {
      const own = await Promise.all(
        pools.partialDisks.list().map(async (partial): Promise<PartialDisk> => {
          const { vm: id, vmName: name, ...rest } = partial;
          const bytes = await partialBytes(pools, partial);
          return { host: self.name, ...rest, vm: { id, name }, bytes };
        }),
      );
      if (request.query.scope !== "domain") return { partialDisks: own, unreachable: [] };
      const asked = await askMembers(services, PartialDiskList, "/v1/partial-disks");
      const others = asked.answers.flatMap(({ answer }) => answer.partialDisks);
      return { partialDisks: [...own, ...others], unreachable: asked.unreachable };
    },
  );
  app.delete(
    "/v1/partial-disks/:migration",
    {
      schema: {
        operationId: "discardPartialDisks",
        summary: "Remove what is kept of a move that failed",
        params: Params,
        querystring: HostQuery,
        response: done,
      },
    },
    async (request, reply) => {
      const { migration } = request.params;
      const partials = pools.partialDisks.list().filter((one) => one.migration === migration);
      const [first] = partials;
      if (first === undefined) throw nothingKept(migration);
      if (migrations.running("target").some(({ vm }) => vm.id === first.vm))
        throw inUse(first.vmName);
      for (const partial of partials) await removePartialDisk(pools, partial);
      return reply.code(204).send(null);
    },
  );
}

function nothingKept(migration: string): FerryError {
  return new FerryError(
    "not-found",
    `Cannot discard what is kept of migration "${migration}": this host keeps nothing of it`,
    { remedy: "List what is kept with: ferry migration partial" },
  );
}

function inUse(vm: string): FerryError {
  return new FerryError(
    "in-use",
    `Cannot discard what is kept of VM "${vm}": a move of it to this host is under way`,
    { remedy: "Wait for its end, or cancel it" },
  );
}
