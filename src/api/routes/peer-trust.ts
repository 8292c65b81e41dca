/** What hosts ask each other about the domain: joining it, renewing a certificate, and its roster. */
import { invariant } from "../../base/invariant.ts";
import { rosterBytesMax } from "../../trust/limits.ts";
import { SignedRoster } from "../schema/domain.ts";
import {
  PeerJoinAnswer,
  PeerJoinRequest,
  PeerRenewAnswer,
  PeerRenewRequest,
} from "../schema/peer.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers, done } from "./answers.ts";

export function peerTrustRoutes(app: ApiServer, { trust }: Services): void {
  app.post(
    "/v1/peer/join",
    {
      schema: {
        operationId: "peerJoin",
        summary: "A host with a join token asks to be let in",
        body: PeerJoinRequest,
        response: answers(PeerJoinAnswer),
      },
    },
    (request) => trust.admit(request.body),
  );
  app.post(
    "/v1/peer/renew",
    {
      schema: {
        operationId: "peerRenew",
        summary: "A member asks for a new certificate",
        body: PeerRenewRequest,
        response: answers(PeerRenewAnswer),
      },
    },
    async (request) => {
      const { caller } = request;
      invariant(caller.kind === "host", "only members may renew");
      return trust.renewFor(caller.identity.host, request.body.certificateRequest);
    },
  );
  app.get(
    "/v1/peer/roster",
    {
      schema: {
        operationId: "getPeerRoster",
        summary: "The newest roster this host knows",
        response: answers(SignedRoster),
      },
    },
    async () => trust.signedRoster,
  );
  app.put(
    "/v1/peer/roster",
    {
      bodyLimit: 2 * rosterBytesMax,
      schema: {
        operationId: "putPeerRoster",
        summary: "Here is a roster; it is taken if it is newer and rightly signed",
        body: SignedRoster,
        response: done,
      },
    },
    async (request, reply) => {
      trust.mergeRoster(request.body);
      return reply.code(204).send(null);
    },
  );
}
