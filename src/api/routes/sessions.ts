/** Logging in at the console and out again. */
import { FerryError } from "../../base/errors.ts";
import { callerName, roleOf } from "../caller.ts";
import { Session, SessionCreate, SessionLink, SessionLinkCreate } from "../schema/session.ts";
import { HostQuery } from "../schema/scope.ts";
import { clearSessionCookie, setSessionCookie } from "../session-cookie.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers, created, done } from "./answers.ts";

export function sessionRoutes(app: ApiServer, services: Services): void {
  const { consoleSessions, self, now, door } = services;
  const place = { host: self.name, version: self.version };
  app.post(
    "/v1/session",
    {
      schema: {
        operationId: "login",
        summary: "Log in at the console, by a token or a one-time link; answers with a cookie",
        body: SessionCreate,
        response: created(Session),
      },
    },
    async (request, reply) => {
      const { token, link } = request.body;
      if ((token === undefined) === (link === undefined)) throw oneOfTwo();
      const { session, secret } =
        token === undefined
          ? consoleSessions.loginByLink(link ?? "")
          : consoleSessions.loginByToken(token);
      const { name, role, expiresAt } = session;
      request.log.info({ who: name, role }, "logged in at the console");
      reply.header("set-cookie", setSessionCookie(secret, expiresAt - now()));
      return reply.code(201).send({ name, role, expiresAt, ...place });
    },
  );
  app.get(
    "/v1/session",
    {
      schema: {
        operationId: "getSession",
        summary: "Who asks, and what their role allows",
        response: answers(Session),
      },
    },
    async ({ caller }) => ({
      name: callerName(caller),
      role: roleOf(caller) ?? ("viewer" as const),
      expiresAt: caller.kind === "session" ? caller.expiresAt : null,
      ...place,
    }),
  );
  app.delete(
    "/v1/session",
    {
      schema: {
        operationId: "logout",
        summary: "Log out: the session's cookie opens nothing any more",
        response: done,
      },
    },
    async ({ caller }, reply) => {
      if (caller.kind === "session") consoleSessions.end(caller.id);
      return reply.code(204).header("set-cookie", clearSessionCookie).send(null);
    },
  );
  app.post(
    "/v1/session/links",
    {
      schema: {
        operationId: "createSessionLink",
        summary: "Make a link that logs one person in, once",
        querystring: HostQuery,
        body: SessionLinkCreate,
        response: created(SessionLink),
      },
    },
    async (request, reply) => {
      const { name = "console", role = "administrator" } = request.body;
      const { address, port } = door.place();
      const { session, secret } = consoleSessions.createLink(name, role);
      const host = address.includes(":") ? `[${address}]` : address;
      // In the fragment, which browsers send to nobody: no log on the way has it.
      const url = `https://${host}:${port}/console/#login=${secret}`;
      return reply.code(201).send({ url, role, expiresAt: session.expiresAt });
    },
  );
}

function oneOfTwo(): FerryError {
  return new FerryError("bad-input", "Cannot log in: exactly one of token and link is wanted", {
    remedy: 'Send {"token": "…"} or {"link": "…"}',
  });
}
