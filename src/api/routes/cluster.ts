/** The cluster: founding it, joining it, how it stands, and the VMs that it keeps running. */
import Type from "typebox";
import Value from "typebox/value";
import { clusterStatus } from "../../cluster/status.ts";
import { ClusterSettings as SettingsSchema } from "../../cluster/records.ts";
import { Name } from "../../vm/definition.ts";
import type { ApiServer } from "../api-server.ts";
import {
  ClusterAnswer,
  ClusterCreate,
  ClusterForget,
  ClusterJoin,
  ClusterSettings,
  ClusterVm,
  VmPolicy,
} from "../schema/cluster.ts";
import { HostQuery } from "../schema/scope.ts";
import type { Services } from "../services.ts";
import { answers, created, done } from "./answers.ts";

const vmRoute = {
  config: { locate: "vm-in-path" },
  params: Type.Object({ vm: Name }),
} as const;

export function clusterRoutes(app: ApiServer, { cluster }: Services): void {
  const answer = async (): Promise<ClusterAnswer> =>
    cluster.membership === undefined
      ? { cluster: null }
      : { cluster: (await clusterStatus(cluster)) as Exclude<ClusterAnswer["cluster"], null> };
  app.get(
    "/v1/cluster",
    {
      schema: {
        operationId: "getCluster",
        summary: "The cluster of this host: its hosts, its VMs, etcd, and what is wrong",
        querystring: HostQuery,
        response: answers(ClusterAnswer),
      },
    },
    answer,
  );
  app.post(
    "/v1/cluster",
    {
      schema: {
        operationId: "createCluster",
        summary:
          "Create a cluster with this host as its first, on etcd that Ferry sets up or that exists",
        querystring: HostQuery,
        body: ClusterCreate,
        response: created(ClusterAnswer),
      },
    },
    async (request, reply) => {
      const { name, etcd, settings = {} } = request.body;
      const whole = Value.Parse(SettingsSchema, Value.Default(SettingsSchema, { ...settings }));
      const existing =
        etcd === undefined ? null : { endpoints: etcd.endpoints, tls: etcd.certificates ?? null };
      await cluster.create(name, whole, existing);
      return reply.code(201).send(await answer());
    },
  );
  app.post(
    "/v1/cluster/join",
    {
      schema: {
        operationId: "joinCluster",
        summary: "Join the cluster that hosts of the domain are in",
        querystring: HostQuery,
        body: ClusterJoin,
        response: created(ClusterAnswer),
      },
    },
    async (request, reply) => {
      await cluster.join(request.body.name, request.body.certificates ?? null);
      return reply.code(201).send(await answer());
    },
  );
  app.post(
    "/v1/cluster/leave",
    {
      schema: {
        operationId: "leaveCluster",
        summary: "Take this host out of its cluster; the last one takes the cluster with it",
        querystring: HostQuery,
        response: done,
      },
    },
    async (_request, reply) => {
      await cluster.leave();
      return reply.code(204).send(null);
    },
  );
  app.post(
    "/v1/cluster/forget",
    {
      schema: {
        operationId: "forgetClusterHost",
        summary:
          "Take a host out of the cluster that is gone for good; another gets its member of etcd",
        querystring: HostQuery,
        body: ClusterForget,
        response: answers(ClusterAnswer),
      },
    },
    async (request) => {
      await cluster.forget(request.body.host);
      return await answer();
    },
  );
  app.post(
    "/v1/cluster/replace-member",
    {
      schema: {
        operationId: "replaceClusterMember",
        summary:
          "Take a host's member of etcd out, whose data are lost or whose host is away; a host gets a new one",
        querystring: HostQuery,
        body: ClusterForget,
        response: answers(ClusterAnswer),
      },
    },
    async (request) => {
      await cluster.replaceMember(request.body.host);
      return await answer();
    },
  );
  app.put(
    "/v1/cluster/settings",
    {
      schema: {
        operationId: "setClusterSettings",
        summary: "Replace the cluster's settings",
        querystring: HostQuery,
        body: ClusterSettings,
        response: answers(ClusterAnswer),
      },
    },
    async (request) => {
      await cluster.configure(request.body);
      return await answer();
    },
  );
  clusterVmRoutes(app, cluster);
}

function clusterVmRoutes(app: ApiServer, cluster: Services["cluster"]): void {
  app.put(
    "/v1/vms/:vm/cluster",
    {
      config: vmRoute.config,
      schema: {
        operationId: "clusterVm",
        summary:
          "Make a VM highly available, or give one that is another policy; it may run meanwhile",
        params: vmRoute.params,
        querystring: HostQuery,
        body: VmPolicy,
        response: answers(ClusterVm),
      },
    },
    async (request): Promise<ClusterVm> => {
      const record = await cluster.clusterVm(request.params.vm, request.body);
      const { id, definition, generation, wanted, since, policy, trouble = null } = record;
      const { name } = definition;
      return { id, name, host: cluster.host, generation, wanted, since, policy, trouble };
    },
  );
  app.delete(
    "/v1/vms/:vm/cluster",
    {
      config: vmRoute.config,
      schema: {
        operationId: "standaloneVm",
        summary: "Make a VM standalone again; it may run meanwhile",
        params: vmRoute.params,
        querystring: HostQuery,
        response: done,
      },
    },
    async (request, reply) => {
      await cluster.standaloneVm(request.params.vm);
      return reply.code(204).send(null);
    },
  );
}
