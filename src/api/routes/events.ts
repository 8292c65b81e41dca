/** The event stream: what happens on this host, as server-sent events, with replay after a broken connection. */
import type { FastifyReply } from "fastify";
import Type from "typebox";
import { FerryError } from "../../base/errors.ts";
import { EventStreamWriter } from "../event-stream-writer.ts";
import { EventList, EventListQuery, FerryEvent } from "../schema/event.ts";
import { ScopedQuery } from "../schema/scope.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers, orError } from "./answers.ts";

/** Each stream costs a connection and a buffer; a domain's consoles and scripts stay far below. */
const streamsMax = 256;
const pastDefault = 100;

export function eventRoutes(app: ApiServer, { events, domainFeed }: Services): void {
  const streams = new Set<EventStreamWriter>();
  app.addHook("preClose", async () => {
    for (const stream of streams) stream.end();
  });
  app.get(
    "/v1/events/past",
    {
      schema: {
        operationId: "listEvents",
        summary: "What happened on the host: the stored events, newest first",
        querystring: EventListQuery,
        response: answers(EventList),
      },
    },
    async ({ query: { before = null, limit = pastDefault } }) => ({
      events: events.past(before, limit),
    }),
  );
  app.get(
    "/v1/events",
    {
      schema: {
        operationId: "followEvents",
        summary:
          "Follow what happens on the host or, with scope=domain, on every host, as server-sent events of FerryEvent objects",
        querystring: ScopedQuery,
        headers: Type.Object(
          { "last-event-id": Type.Optional(Type.String({ pattern: "^[0-9]{1,15}$" })) },
          { additionalProperties: true },
        ),
        produces: { "text/event-stream": FerryEvent },
        response: orError,
      },
    },
    async (request, reply) => {
      if (streams.size >= streamsMax) throw tooMany();
      const after = request.headers["last-event-id"];
      const source = request.query.scope === "domain" ? domainFeed : events;
      const stream = new EventStreamWriter(source, takeOver(reply));
      streams.add(stream);
      void stream.closed.finally(() => streams.delete(stream));
      await stream.start(after === undefined ? undefined : Number(after));
      return reply;
    },
  );
}

/** From here on the answer is the stream's: fastify neither writes nor ends it. */
function takeOver(reply: FastifyReply) {
  reply.hijack();
  reply.raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
  });
  return reply.raw;
}

function tooMany(): FerryError {
  return new FerryError(
    "busy",
    `Cannot follow events: ${streamsMax} others do, the most there may be`,
    {
      remedy: "Close event streams that nobody reads",
    },
  );
}
