/** This host, and the hosts of its domain. */
import { loadavg } from "node:os";
import Type from "typebox";
import { FerryError } from "../../base/errors.ts";
import { Name } from "../../vm/definition.ts";
import { peerAnswerTimeoutMs, type PeerClient } from "../peer-client.ts";
import type { PeerAddress } from "../peer-directory.ts";
import { type DomainHost, Health, Host, HostList } from "../schema/host.ts";
import { HostQuery } from "../schema/scope.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers, done } from "./answers.ts";

export function hostRoutes(app: ApiServer, services: Services): void {
  const { trust } = services;
  app.get(
    "/v1/host",
    {
      schema: {
        operationId: "getHost",
        summary: "What this host is",
        querystring: HostQuery,
        response: answers(Host),
      },
    },
    () => describeHost(services),
  );
  app.get(
    "/v1/hosts",
    {
      schema: {
        operationId: "listHosts",
        summary: "The domain's hosts, and whether they answer",
        querystring: HostQuery,
        response: answers(HostList),
      },
    },
    async () => {
      const { hosts, domain } = trust.roster;
      const known = hosts.map((host) => describeMember(services, { ...host, domain }));
      return { hosts: await Promise.all(known) };
    },
  );
  app.delete(
    "/v1/hosts/:host",
    {
      schema: {
        operationId: "expelHost",
        summary: "Expel a host from the domain: nobody talks to it any more",
        params: Type.Object({ host: Name }),
        querystring: HostQuery,
        response: done,
      },
    },
    async (request, reply) => {
      trust.expel(request.params.host);
      return reply.code(204).send(null);
    },
  );
}

async function describeHost({ self, now, trust, vms, machine, drain }: Services): Promise<Host> {
  const { membership } = trust;
  const records = vms.list();
  return {
    id: membership?.host.id ?? null,
    name: self.name,
    domain: membership?.domain ?? null,
    version: self.version,
    startedAt: self.startedAt,
    now: now(),
    ...(await machine()),
    load: loadavg()[0] ?? 0,
    drainedSince: drain.state?.since ?? null,
    vms: {
      total: records.length,
      running: records.filter(({ state }) => state === "running").length,
    },
  };
}

async function describeMember(services: Services, host: PeerAddress): Promise<DomainHost> {
  const { trust, peers, self } = services;
  const isSelf = host.id === trust.member().host.id;
  const { id, name, address, port, expelled } = host;
  const known = { id, name, address, port, expelled, self: isSelf };
  if (isSelf) {
    return { ...known, reachable: true, roundTripMs: 0, reason: null, version: self.version };
  }
  if (expelled) {
    return { ...known, reachable: false, roundTripMs: null, reason: "expelled", version: null };
  }
  return { ...known, ...(await reach(peers, host)) };
}

async function reach(peers: PeerClient, host: PeerAddress) {
  const begun = performance.now();
  try {
    const question = { method: "GET", path: "/health", timeoutMs: peerAnswerTimeoutMs / 2 };
    const { version } = await peers.ask(host, Health, question);
    return { reachable: true, roundTripMs: performance.now() - begun, reason: null, version };
  } catch (error) {
    const reason = FerryError.from(error).message;
    return { reachable: false, roundTripMs: null, reason, version: null };
  }
}
