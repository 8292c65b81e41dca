/** What the hosts of a cluster ask each other beside etcd. */
import { lookAtDisk } from "../../cluster/shared-disks.ts";
import type { ApiServer } from "../api-server.ts";
import { provenHost } from "../caller.ts";
import {
  PeerClusterPlace,
  PeerClusterRoom,
  PeerConsentAnswer,
  PeerConsentRequest,
  PeerDiskLook,
  PeerDiskQuestion,
  PeerMemberRequest,
  PeerOwnerAnswer,
  PeerOwnerQuestion,
  PeerRestored,
} from "../schema/peer-cluster.ts";
import type { Services } from "../services.ts";
import { answers, done } from "./answers.ts";

export function peerClusterRoutes(app: ApiServer, services: Services): void {
  const { cluster, clusterRoom } = services;
  app.get(
    "/v1/peer/cluster",
    {
      schema: {
        operationId: "peerCluster",
        summary: "The cluster that this host is in, for a host that wants to join",
        response: answers(PeerClusterPlace),
      },
    },
    async () => {
      const { place } = cluster;
      if (place === undefined) return { place: null };
      return { place: { ...place, endpoints: [...place.endpoints] } };
    },
  );
  app.get(
    "/v1/peer/cluster/room",
    {
      schema: {
        operationId: "peerClusterRoom",
        summary: "What this host has left for VMs that lost theirs",
        response: answers(PeerClusterRoom),
      },
    },
    async () => {
      const room = await clusterRoom();
      return { ...room, pools: [...room.pools], switches: [...room.switches] };
    },
  );
  app.post(
    "/v1/peer/cluster/consent",
    {
      schema: {
        operationId: "peerClusterConsent",
        summary: "Whether this host misses etcd too, and promises not to declare the caller dead",
        body: PeerConsentRequest,
        response: answers(PeerConsentAnswer),
      },
    },
    async (request) => {
      const { host } = provenHost(request.caller).identity;
      return { consents: cluster.consent(host, request.body.leaseMs) };
    },
  );
  app.post(
    "/v1/peer/cluster/owner",
    {
      schema: {
        operationId: "peerClusterOwner",
        summary: "Whom the owner record names of a VM that is moving out of this host's cluster",
        body: PeerOwnerQuestion,
        response: answers(PeerOwnerAnswer),
      },
    },
    async (request) => ({ owner: await cluster.ownerOf(request.body) }),
  );
  app.post(
    "/v1/peer/cluster/disk",
    {
      schema: {
        operationId: "peerClusterDisk",
        summary: "A physical disk as this host has it, for a host that makes it the cluster's",
        body: PeerDiskQuestion,
        response: answers(PeerDiskLook),
      },
    },
    (request) => lookAtDisk(request.body.device),
  );
  app.post(
    "/v1/peer/cluster/member",
    {
      schema: {
        operationId: "peerClusterMember",
        summary: "Start a member of etcd on this host, which the cluster has been told of",
        body: PeerMemberRequest,
        response: done,
      },
    },
    async (request, reply) => {
      await cluster.startMember(request.body);
      return reply.code(204).send(null);
    },
  );
  app.post(
    "/v1/peer/cluster/restored",
    {
      schema: {
        operationId: "peerClusterRestored",
        summary: "The cluster's data were restored on the caller: go on with those",
        body: PeerRestored,
        response: done,
      },
    },
    async (request, reply) => {
      await cluster.takeRestored(request.body.id, request.body.endpoints);
      return reply.code(204).send(null);
    },
  );
}
