/** Pools of this host. */
import Type from "typebox";
import type { Pool as LocalPool, Pools } from "../../storage/pools.ts";
import { Name } from "../../vm/definition.ts";
import { Pool, PoolCreate, PoolFileList, PoolList } from "../schema/pool.ts";
import { HostQuery } from "../schema/scope.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers, created, done } from "./answers.ts";

const Params = Type.Object({ pool: Name });

export function poolRoutes(app: ApiServer, { pools, vms, events }: Services): void {
  app.get(
    "/v1/pools",
    {
      schema: {
        operationId: "listPools",
        summary: "The host's pools",
        querystring: HostQuery,
        response: answers(PoolList),
      },
    },
    async () => ({ pools: await Promise.all(pools.list().map((pool) => describe(pools, pool))) }),
  );
  app.post(
    "/v1/pools",
    {
      schema: {
        operationId: "createPool",
        summary: "Make a directory a pool",
        querystring: HostQuery,
        body: PoolCreate,
        response: created(Pool),
      },
    },
    async (request, reply) => {
      const { name, path } = request.body;
      const pool = await describe(pools, await pools.add(name, path));
      events.publish("pool.created", pool.id, { name, path });
      return reply.code(201).send(pool);
    },
  );
  app.delete(
    "/v1/pools/:pool",
    {
      schema: {
        operationId: "deletePool",
        summary: "Forget a pool; its files stay",
        params: Params,
        querystring: HostQuery,
        response: done,
      },
    },
    async (request, reply) => {
      const { id, name } = pools.get(request.params.pool);
      pools.remove(name, vms.usingPool(name));
      events.publish("pool.deleted", id, { name });
      return reply.code(204).send(null);
    },
  );
  app.get(
    "/v1/pools/:pool/files",
    {
      schema: {
        operationId: "listPoolFiles",
        summary: "What lies in a pool",
        params: Params,
        querystring: HostQuery,
        response: answers(PoolFileList),
      },
    },
    async (request) => ({ files: await pools.files(request.params.pool) }),
  );
}

async function describe(pools: Pools, { name, id, kind, path }: LocalPool): Promise<Pool> {
  const space = await pools.space(name).catch(() => null); // its directory is away; the pool is still listed
  return { name, id, kind, path, space };
}
