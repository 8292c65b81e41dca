/**
 * The HTTP side of the agent: every route behind the same hooks. A request is identified, its right is checked, it is
 * passed on where another host has to answer, held against its schema, and only then handled.
 */
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { type FastifyBaseLogger, fastify, LogController, type RouteOptions } from "fastify";
import type { TSchema } from "typebox";
import { invariant } from "../base/invariant.ts";
import type { Log } from "../base/log.ts";
import type { ApiServer } from "./api-server.ts";
import { accessOf, routeKey } from "./auth.ts";
import { answerError, unknownRoute } from "./error-answer.ts";
import { identifyCaller } from "./identify.ts";
import { buildDocument } from "./openapi.ts";
import { permit } from "./permit.ts";
import { passOn, whereToAnswer } from "./relay.ts";
import { checkRoutes } from "./routes/checks.ts";
import { clusterCareRoutes } from "./routes/cluster-care.ts";
import { clusterFenceRoutes } from "./routes/cluster-fences.ts";
import { clusterVolumeRoutes } from "./routes/cluster-volumes.ts";
import { clusterRoutes } from "./routes/cluster.ts";
import { cpuRoutes } from "./routes/cpu.ts";
import { domainRoutes } from "./routes/domain.ts";
import { drainRoutes } from "./routes/drain.ts";
import { hostShutdownRoutes } from "./routes/host-shutdown.ts";
import { eventRoutes } from "./routes/events.ts";
import { faultRoutes } from "./routes/faults.ts";
import { hostSettingsRoutes } from "./routes/host-settings.ts";
import { hostRoutes } from "./routes/hosts.ts";
import { migrationRoutes } from "./routes/migrations.ts";
import { peerClusterRoutes } from "./routes/peer-cluster.ts";
import { peerMigrationRoutes } from "./routes/peer-migrations.ts";
import { peerSlotRoutes } from "./routes/peer-slots.ts";
import { peerTrustRoutes } from "./routes/peer-trust.ts";
import { partialDiskRoutes } from "./routes/partial-disks.ts";
import { poolRoutes } from "./routes/pools.ts";
import { secretRoutes } from "./routes/secrets.ts";
import { serviceRoutes } from "./routes/service.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { guestSocketRoutes } from "./routes/guest-sockets.ts";
import { switchRoutes } from "./routes/switches.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { vmRoutes } from "./routes/vms.ts";
import { asKnownTo } from "../protocol/since.ts";
import { answerAnew } from "./answer-anew.ts";
import { currentVersion, saidVersion, versionHeader } from "../protocol/version.ts";
import type { Services } from "./services.ts";
import { validatorCompiler } from "./validation.ts";

/** Larger than any definition; rosters, which may be larger, raise it on their own routes. */
const bodyBytesMax = 256 * 1024;

/** The routes, ready to be given connections by the listener. */
export async function createServer(services: Services, log: Log): Promise<ApiServer> {
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    // One line for every refused or failed request is written below; two for every good one are noise.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    exposeHeadRoutes: false,
    // A path that the router cannot read: no route and no hook has seen the request.
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  // Handlers build their answers property by property; test/api holds them against the document.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(unknownRoute);
  takeEmptyBodies(app);
  app.decorateRequest("caller");
  const listed: RouteOptions[] = [];
  app.addHook("onRoute", (route) => {
    const key = routeKey(String(route.method), route.url);
    invariant(accessOf(key) !== undefined, `route "${key}" has a line in src/api/auth.ts`);
    listed.push(route);
  });
  app.decorate("document", () => buildDocument(listed, services.self.version));
  const { trust, tokens, consoleSessions: sessions } = services;
  const proofs = { trust, tokens, sessions };
  app.addHook("onRequest", async (request) => {
    request.caller = identifyCaller(request.raw, proofs);
    permit(request.caller, routeKey(request.method, request.routeOptions.url ?? ""));
  });
  app.addHook("preValidation", async (request, reply) => {
    const place = await whereToAnswer(request, services, request.routeOptions.config.locate);
    if (place === "here") return undefined;
    await passOn(request, reply, services, place);
    return reply;
  });
  app.addHook("onSend", async (request, reply, answer) => {
    reply.header(versionHeader, String(currentVersion));
    return answerAnew(request, reply, answer);
  });
  app.addHook("preSerialization", async (request, _reply, answer) => {
    const version = saidVersion(request.headers[versionHeader]);
    // N.B. only of agents: people and programs say nothing of the protocol, and read what they like.
    if (request.caller?.kind !== "host" || version >= currentVersion) return answer;
    const { 200: schema } = (request.routeOptions.schema?.response ?? {}) as { 200?: TSchema };
    return schema === undefined ? answer : asKnownTo(version, schema, answer);
  });
  for (const routes of allRoutes) routes(app, services);
  await app.ready();
  return app;
}

const allRoutes: readonly ((app: ApiServer, services: Services) => void)[] = [
  serviceRoutes,
  sessionRoutes,
  guestSocketRoutes,
  hostRoutes,
  cpuRoutes,
  hostSettingsRoutes,
  drainRoutes,
  hostShutdownRoutes,
  domainRoutes,
  clusterRoutes,
  clusterCareRoutes,
  clusterFenceRoutes,
  clusterVolumeRoutes,
  partialDiskRoutes,
  poolRoutes,
  switchRoutes,
  secretRoutes,
  vmRoutes,
  checkRoutes,
  migrationRoutes,
  faultRoutes,
  eventRoutes,
  tokenRoutes,
  peerTrustRoutes,
  peerMigrationRoutes,
  peerSlotRoutes,
  peerClusterRoutes,
];

/** A request without a body may still say that its body is JSON, as many clients do by habit. */
function takeEmptyBodies(app: ApiServer): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else void parse(request, body as string, done);
  });
}
