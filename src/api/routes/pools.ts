/** Pools of this host. */
import Type from "typebox";
import { FerryError } from "../../base/errors.ts";
import type { Pool as LocalPool, Pools } from "../../storage/pools.ts";
import { sourceOf } from "../../storage/share.ts";
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
        summary: "Make a directory, or a share that the agent mounts, a pool",
        querystring: HostQuery,
        body: PoolCreate,
        response: created(Pool),
      },
    },
    async (request, reply) => {
      const pool = await describe(pools, await add(pools, request.body));
      events.publish("pool.created", pool.id, { name: pool.name, path: pool.path });
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
      await pools.remove(name, vms.usingPool(name));
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

async function add(
  pools: Pools,
  { name, path, smb, nfs, password }: PoolCreate,
): Promise<LocalPool> {
  const kinds = [path, smb, nfs].filter((kind) => kind !== undefined);
  if (kinds.length !== 1) {
    throw new FerryError(
      "bad-input",
      `Cannot make pool "${name}": ${kinds.length} places are named, one is wanted`,
      {
        remedy: "Give one of path, smb and nfs",
      },
    );
  }
  if ((password === undefined) !== (smb?.user === undefined)) {
    throw new FerryError(
      "bad-input",
      `Cannot make pool "${name}": an SMB user and a password belong together`,
      {
        remedy: "Give both, or neither for a share that is open to guests",
      },
    );
  }
  if (smb !== undefined) return pools.addShare(name, { kind: "smb", smb }, password);
  if (nfs !== undefined) return pools.addShare(name, { kind: "nfs", nfs });
  return pools.add(name, path ?? "");
}

async function describe(pools: Pools, { name, id, kind, path, share }: LocalPool): Promise<Pool> {
  const space = await pools.space(name).catch(() => null); // its directory is away; the pool is still listed
  return { name, id, kind, path, ...(share !== undefined && { source: sourceOf(share) }), space };
}
