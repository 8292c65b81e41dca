/** The domain: founding it, entering it, and trusting another. */
import { X509Certificate } from "node:crypto";
import Type from "typebox";
import { fingerprint } from "../../trust/authority.ts";
import { renewalDue } from "../../trust/renewal.ts";
import type { TrustedDomain as Trusted } from "../../trust/trusted-domains.ts";
import { rosterBytesMax } from "../../trust/limits.ts";
import {
  type Domain,
  DomainAnswer,
  DomainCertificate,
  DomainCreate,
  DomainJoin,
  JoinToken,
  JoinTokenCreate,
  TrustedDomain,
  TrustList,
} from "../schema/domain.ts";
import { HostQuery } from "../schema/scope.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers, created, done } from "./answers.ts";

export function domainRoutes(app: ApiServer, services: Services): void {
  const { trust, events, door } = services;
  app.get(
    "/v1/domain",
    {
      schema: {
        operationId: "getDomain",
        summary: "The domain this host belongs to",
        querystring: HostQuery,
        response: answers(DomainAnswer),
      },
    },
    async () => ({ domain: describeDomain(services) }),
  );
  app.post(
    "/v1/domain",
    {
      schema: {
        operationId: "createDomain",
        summary: "Create a domain, with this host as its first",
        body: DomainCreate,
        response: created(DomainAnswer),
      },
    },
    async (request, reply) => {
      await enter(services, async () => trust.createDomain(request.body.name, await door.open()));
      events.publish("domain.created", trust.member().domain.id, { name: request.body.name });
      return reply.code(201).send({ domain: describeDomain(services) });
    },
  );
  app.post(
    "/v1/domain/join",
    {
      schema: {
        operationId: "joinDomain",
        summary: "Join a domain with a token from one of its hosts",
        body: DomainJoin,
        response: created(DomainAnswer),
      },
    },
    async (request, reply) => {
      await enter(services, async () => trust.join(request.body.token, await door.open()));
      const { domain } = trust.member();
      events.publish("domain.joined", domain.id, { name: domain.name });
      return reply.code(201).send({ domain: describeDomain(services) });
    },
  );
  app.post(
    "/v1/domain/join-tokens",
    {
      schema: {
        operationId: "createJoinToken",
        summary: "Make a token for one more host",
        querystring: HostQuery,
        body: JoinTokenCreate,
        response: created(JoinToken),
      },
    },
    async (request, reply) => reply.code(201).send(trust.createJoinToken(request.body.validMs)),
  );
  app.get(
    "/v1/domain/certificate",
    {
      schema: {
        operationId: "getDomainCertificate",
        summary: "What another domain needs to trust this one",
        querystring: HostQuery,
        response: answers(DomainCertificate),
      },
    },
    async () => trust.domainCertificate(),
  );
  app.get(
    "/v1/domain/trusts",
    {
      schema: {
        operationId: "listTrusts",
        summary: "Other domains whose hosts are trusted",
        querystring: HostQuery,
        response: answers(TrustList),
      },
    },
    async () => ({ trusts: trust.trustedDomains().map(describeTrust) }),
  );
  app.post(
    "/v1/domain/trusts",
    {
      bodyLimit: 2 * rosterBytesMax,
      schema: {
        operationId: "trustDomain",
        summary: "Trust another domain, by what its GET /v1/domain/certificate answers",
        querystring: HostQuery,
        body: DomainCertificate,
        response: created(TrustedDomain),
      },
    },
    async (request, reply) => {
      const trusted = trust.trustDomain(request.body);
      events.publish("domain.trusted", trusted.id, { name: trusted.name });
      return reply.code(201).send(describeTrust(trusted));
    },
  );
  app.delete(
    "/v1/domain/trusts/:id",
    {
      schema: {
        operationId: "distrustDomain",
        summary: "Trust a domain no longer",
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        querystring: HostQuery,
        response: done,
      },
    },
    async (request, reply) => {
      const { id, name } = trust.distrustDomain(request.params.id);
      events.publish("domain.distrusted", id, { name });
      return reply.code(204).send(null);
    },
  );
}

/** The port is opened first: when it is taken the host must not become a member that nobody can reach. */
async function enter({ door }: Services, become: () => Promise<void>): Promise<void> {
  try {
    await become();
  } catch (error) {
    await door.closeIfUnused();
    throw error;
  }
}

function describeDomain({ trust }: Services): Domain | null {
  const { membership } = trust;
  if (membership === undefined) return null;
  const certificate = new X509Certificate(membership.certificate);
  return {
    ...membership.domain,
    fingerprint: fingerprint(membership.authority),
    issuer: trust.isIssuer,
    host: membership.host,
    certificate: {
      validFrom: certificate.validFromDate.getTime(),
      validTo: certificate.validToDate.getTime(),
      renewsAt: renewalDue(membership.certificate),
    },
    rosterVersion: trust.roster.version,
    refusedPeers: trust.refusedPeers,
  };
}

function describeTrust({ id, name, fingerprint: shown, roster }: Trusted): TrustedDomain {
  return { id, name, fingerprint: shown, hosts: roster.hosts };
}
