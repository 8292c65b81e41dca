/** Looking after a cluster: evening it out, backing its data up, and bringing them back. */
import Type from "typebox";
import { backUp, restore } from "../../cluster/backup.ts";
import { balanceProposals, bestHostFor, type Proposal } from "../../cluster/proposals.ts";
import { Name } from "../../vm/definition.ts";
import type { ApiServer } from "../api-server.ts";
import { BalanceAnswer, ClusterBackup, ClusterRestored, ProposedMove } from "../schema/cluster.ts";
import { HostQuery } from "../schema/scope.ts";
import type { Services } from "../services.ts";
import { answers } from "./answers.ts";

/** Definitions of some thousand VMs. */
const backupBytesMax = 64 * 1024 * 1024;

export function clusterCareRoutes(app: ApiServer, { cluster }: Services): void {
  app.get(
    "/v1/cluster/balance",
    {
      schema: {
        operationId: "balanceCluster",
        summary: "Moves that would even out the hosts, with the reason for each; nothing moves",
        querystring: HostQuery,
        response: answers(BalanceAnswer),
      },
    },
    async (): Promise<BalanceAnswer> => {
      const { hosts, moves } = await balanceProposals(cluster.parts, cluster.require());
      return { hosts: [...hosts], moves: moves.map(asMove) };
    },
  );
  app.get(
    "/v1/vms/:vm/best-host",
    {
      config: { locate: "vm-in-path" },
      schema: {
        operationId: "bestHost",
        summary: "The host of the cluster that a VM would best be moved to, and why",
        params: Type.Object({ vm: Name }),
        querystring: HostQuery,
        response: answers(ProposedMove),
      },
    },
    async (request) =>
      asMove(await bestHostFor(cluster.parts, cluster.require(), request.params.vm)),
  );
  app.get(
    "/v1/cluster/backup",
    {
      schema: {
        operationId: "backUpCluster",
        summary: "Everything that the cluster keeps in etcd, as one document",
        querystring: HostQuery,
        response: answers(ClusterBackup),
      },
    },
    async (): Promise<ClusterBackup> => {
      const backup = await backUp(cluster.parts, cluster.require());
      return { ...backup, records: [...backup.records] };
    },
  );
  app.post(
    "/v1/cluster/restore",
    {
      bodyLimit: backupBytesMax,
      schema: {
        operationId: "restoreCluster",
        summary: "Make a new etcd on this host out of a backup, when the old one is lost for good",
        querystring: HostQuery,
        body: ClusterBackup,
        response: answers(ClusterRestored),
      },
    },
    (request) => restore(cluster.parts, cluster.require(), request.body),
  );
}

function asMove({ vm, name, from, to, reason }: Proposal): ProposedMove {
  return { vm: { id: vm, name }, from, to, reason };
}
