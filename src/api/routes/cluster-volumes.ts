/** What hosts of the cluster share: volumes, which are pools watched on each, and physical disks. */
import Type from "typebox";
import { addDisk, listDisks, removeDisk } from "../../cluster/shared-disks.ts";
import { addVolume, listVolumes, removeVolume } from "../../cluster/volumes.ts";
import { Name } from "../../vm/definition.ts";
import type { ApiServer } from "../api-server.ts";
import { ClusterDisk, ClusterDiskList, VolumeList, VolumeSet } from "../schema/cluster-parts.ts";
import { HostQuery } from "../schema/scope.ts";
import type { Services } from "../services.ts";
import { answers, created, done } from "./answers.ts";

const params = Type.Object({ pool: Name });

export function clusterVolumeRoutes(app: ApiServer, { cluster }: Services): void {
  const list = async (): Promise<VolumeList> => {
    const volumes = await listVolumes(cluster.require());
    return { volumes: volumes.map((volume) => ({ ...volume, hosts: [...volume.hosts] })) };
  };
  clusterDiskRoutes(app, cluster);
  app.get(
    "/v1/cluster/volumes",
    {
      schema: {
        operationId: "listVolumes",
        summary: "The cluster's shared volumes, and how each host reaches them",
        querystring: HostQuery,
        response: answers(VolumeList),
      },
    },
    list,
  );
  app.put(
    "/v1/cluster/volumes/:pool",
    {
      schema: {
        operationId: "setVolume",
        summary: "Make a pool that every host has a volume of the cluster, or change its policy",
        params,
        querystring: HostQuery,
        body: VolumeSet,
        response: answers(VolumeList),
      },
    },
    async (request) => {
      const { onLoss = "pause" } = request.body;
      await addVolume(cluster.parts, cluster.require(), request.params.pool, onLoss);
      return await list();
    },
  );
  app.delete(
    "/v1/cluster/volumes/:pool",
    {
      schema: {
        operationId: "removeVolume",
        summary: "Watch a volume no longer; the pool stays",
        params,
        querystring: HostQuery,
        response: done,
      },
    },
    async (request, reply) => {
      await removeVolume(cluster.parts, cluster.require(), request.params.pool);
      return reply.code(204).send(null);
    },
  );
}

/** A device's name has slashes: it goes in the body. */
function clusterDiskRoutes(app: ApiServer, cluster: Services["cluster"]): void {
  const list = async (): Promise<ClusterDiskList> => ({
    disks: (await listDisks(cluster.require())).map(({ device, bytes }) => ({ device, bytes })),
  });
  app.get(
    "/v1/cluster/disks",
    {
      schema: {
        operationId: "listClusterDisks",
        summary: "Physical disks that every host of the cluster has: VMs with them may move",
        querystring: HostQuery,
        response: answers(ClusterDiskList),
      },
    },
    list,
  );
  app.post(
    "/v1/cluster/disks",
    {
      schema: {
        operationId: "addClusterDisk",
        summary: "Make a physical disk the cluster's; every host must have the same",
        querystring: HostQuery,
        body: ClusterDisk,
        response: created(ClusterDiskList),
      },
    },
    async (request, reply) => {
      await addDisk(cluster.parts, cluster.require(), request.body.device);
      return reply.code(201).send(await list());
    },
  );
  app.post(
    "/v1/cluster/disks/remove",
    {
      schema: {
        operationId: "removeClusterDisk",
        summary: "Take a physical disk out of the cluster that no VM of it has",
        querystring: HostQuery,
        body: ClusterDisk,
        response: answers(ClusterDiskList),
      },
    },
    async (request) => {
      await removeDisk(cluster.require(), request.body.device);
      return await list();
    },
  );
}
