/** What the hosts of a migration ask each other outside its session. */
import { Readable } from "node:stream";
import Type from "typebox";
import { Uuid } from "../../vm/definition.ts";
import { asFarAsKnown } from "../../vm/parse-definition.ts";
import { FerryError } from "../../base/errors.ts";
import { ProbeAnswer, receiveProbe } from "../probe-link.ts";
import { provenHost } from "../caller.ts";
import {
  PeerCheckAnswer,
  PeerCheckRequest,
  PeerMigrationStatus,
  PeerSessionAnswer,
  PeerSessionRequest,
  PeerTakeRequest,
} from "../schema/peer.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers } from "./answers.ts";

const Params = Type.Object({ id: Uuid });

export function peerMigrationRoutes(app: ApiServer, services: Services): void {
  const { migrations, precheck, sessions, slots } = services;
  app.post(
    "/v1/peer/checks",
    {
      schema: {
        operationId: "peerChecks",
        summary: "What this host says about itself in view of one VM",
        body: PeerCheckRequest,
        response: answers(PeerCheckAnswer),
      },
    },
    ({ body: { definition, proof } }) =>
      precheck.facts({ definition: asFarAsKnown(definition), proof }),
  );
  app.addContentTypeParser("application/octet-stream", (_request, stream, done) => {
    done(null, stream);
  });
  app.post(
    "/v1/peer/probe",
    {
      schema: {
        operationId: "peerProbe",
        summary: "Take a few MiB and say how fast they came",
        response: answers(ProbeAnswer),
      },
    },
    (request) => receiveProbe(probeOf(request.body)),
  );
  app.post(
    "/v1/peer/sessions",
    {
      schema: {
        operationId: "peerSessions",
        summary: "Open a session for a move to this host",
        body: PeerSessionRequest,
        response: answers(PeerSessionAnswer),
      },
    },
    async (request) => {
      const peer = provenHost(request.caller);
      const { migrationId, vmName, purpose } = request.body;
      // A guest that runs here already needs no slot to get the rest of its memory.
      if (purpose === undefined) slots.claim(migrationId, vmName, peer.identity.host);
      return await sessions.open(request.body, peer);
    },
  );
  app.get(
    "/v1/peer/migrations/:id",
    {
      schema: {
        operationId: "getPeerMigration",
        summary: "What this host's journal last said of a migration",
        params: Params,
        response: answers(PeerMigrationStatus),
      },
    },
    (request) => migrations.peerStatusInFull(request.params.id),
  );
  app.post(
    "/v1/peer/migrations/:id/take",
    {
      schema: {
        operationId: "peerTake",
        summary: "The source's word that the VM is this host's",
        params: Params,
        body: PeerTakeRequest,
        response: answers(PeerMigrationStatus),
      },
    },
    (request) => {
      const { name } = provenHost(request.caller);
      return migrations.peerTake(request.params.id, request.body.generation, name);
    },
  );
  app.post(
    "/v1/peer/migrations/:id/discard",
    {
      schema: {
        operationId: "peerDiscard",
        summary: "The source's word that the move is off",
        params: Params,
        response: answers(PeerMigrationStatus),
      },
    },
    (request) => migrations.peerDiscard(request.params.id, provenHost(request.caller).name),
  );
  app.post(
    "/v1/peer/migrations/:id/disown",
    {
      schema: {
        operationId: "peerDisown",
        summary: "The other host's word that the VM is there, by a person's word",
        params: Params,
        body: PeerTakeRequest,
        response: answers(PeerMigrationStatus),
      },
    },
    async (request) => migrations.peerDisown(request.params.id, provenHost(request.caller).name),
  );
}

/** What comes as JSON is no stream of bytes. */
function probeOf(body: unknown): Readable {
  if (body instanceof Readable) return body;
  throw new FerryError(
    "bad-input",
    "Cannot take a probe: wants a body of application/octet-stream",
  );
}
