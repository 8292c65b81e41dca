/** How hosts' power is switched off, and a person's word that one is dead. */
import Type from "typebox";
import { listFences, removeFence, setFence, testFence } from "../../cluster/fences.ts";
import { confirmDead } from "../../cluster/persons-word.ts";
import { clusterStatus } from "../../cluster/status.ts";
import { Name } from "../../vm/definition.ts";
import type { ApiServer } from "../api-server.ts";
import { ClusterAnswer, ClusterForget } from "../schema/cluster.ts";
import { FenceList, FenceSet, FenceTest } from "../schema/cluster-parts.ts";
import { HostQuery } from "../schema/scope.ts";
import type { Services } from "../services.ts";
import { answers, done } from "./answers.ts";

const params = Type.Object({ host: Name });
const common = { params, querystring: HostQuery };

export function clusterFenceRoutes(app: ApiServer, { cluster }: Services): void {
  app.get(
    "/v1/cluster/fences",
    {
      schema: {
        operationId: "listFences",
        summary: "How hosts' power is switched off; secrets are not shown",
        querystring: HostQuery,
        response: answers(FenceList),
      },
    },
    async (): Promise<FenceList> => ({
      fences: (await listFences(cluster.require())).map((fence) => ({
        ...fence,
        options: { ...fence.options },
      })),
    }),
  );
  app.put(
    "/v1/cluster/fences/:host",
    {
      schema: {
        operationId: "setFence",
        summary: "Let a host's power be switched off before its VMs start elsewhere; tried first",
        ...common,
        body: FenceSet,
        response: done,
      },
    },
    async (request, reply) => {
      const { agent, options, action = "off" } = request.body;
      const device = { agent, options, action };
      await setFence(cluster.parts, cluster.require(), request.params.host, device);
      return reply.code(204).send(null);
    },
  );
  app.post(
    "/v1/cluster/fences/:host/test",
    {
      schema: {
        operationId: "testFence",
        summary: "Whether a host's power is on, as its fence says",
        ...common,
        response: answers(FenceTest),
      },
    },
    async (request) => ({
      isOn: await testFence(cluster.parts, cluster.require(), request.params.host),
    }),
  );
  app.delete(
    "/v1/cluster/fences/:host",
    {
      schema: {
        operationId: "removeFence",
        summary: "Forget how a host's power is switched off: its lease alone counts then",
        ...common,
        response: done,
      },
    },
    async (request, reply) => {
      await removeFence(cluster.require(), request.params.host);
      return reply.code(204).send(null);
    },
  );
  app.post(
    "/v1/cluster/confirm-dead",
    {
      schema: {
        operationId: "confirmDead",
        summary: "A person's word that a silent host is dead: its VMs start elsewhere at once",
        querystring: HostQuery,
        body: ClusterForget,
        response: answers(ClusterAnswer),
      },
    },
    async (request) => {
      await confirmDead(cluster.parts, cluster.require(), request.body.host);
      return { cluster: (await clusterStatus(cluster)) as Exclude<ClusterAnswer["cluster"], null> };
    },
  );
}
