/** Slots for moves to this host: sources ask for one before they begin (docs/decisions/0030-slots-for-moves.md). */
import Type from "typebox";
import { Uuid } from "../../vm/definition.ts";
import { provenHost } from "../caller.ts";
import { PeerSlotAnswer, PeerSlotRequest } from "../schema/peer.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers, done } from "./answers.ts";

export function peerSlotRoutes(app: ApiServer, { slots, freeMemory }: Services): void {
  app.post(
    "/v1/peer/slots",
    {
      schema: {
        operationId: "askPeerSlot",
        summary: "Ask for a slot for a move to this host, or keep one",
        body: PeerSlotRequest,
        response: answers(PeerSlotAnswer),
      },
    },
    async (request) =>
      slots.ask(request.body, provenHost(request.caller).identity.host, await freeMemory()),
  );
  app.delete(
    "/v1/peer/slots/:id",
    {
      schema: {
        operationId: "releasePeerSlot",
        summary: "Give up a slot, or the wait for one",
        params: Type.Object({ id: Uuid }),
        response: done,
      },
    },
    async (request, reply) => {
      slots.release(request.params.id, provenHost(request.caller).identity.host);
      return reply.code(204).send(null);
    },
  );
}
