/**
 * The host's side of joining: connects to the issuer, believes it only if its certificate comes from the authority
 * whose fingerprint the token carries, and only then shows the token's secret.
 */
import { createPrivateKey, randomUUID, X509Certificate } from "node:crypto";
import { request as httpsRequest } from "node:https";
import type { TLSSocket } from "node:tls";
import Value from "typebox/value";
import { type ErrorBody, errorCodes, FerryError } from "../base/errors.ts";
import { fingerprint } from "./authority.ts";
import { createRequest } from "./certificate.ts";
import type { Membership } from "./identity-store.ts";
import type { OwnPlace } from "./issuer.ts";
import { JoinAnswer, type JoinRequest } from "./join-messages.ts";
import type { JoinTokenContent } from "./join-token.ts";
import { createKey } from "./key.ts";
import { joinAnswerBytesMax } from "./limits.ts";
import { identifyPeer } from "./peer-identity.ts";
import { connectPinned } from "./pinned-connection.ts";
import { openRoster, type SignedRoster } from "./roster.ts";

export interface Joined {
  readonly membership: Membership;
  readonly roster: SignedRoster;
}

/** @throws FerryError `unreachable`, `timeout`, `peer-refused`, `peer-protocol`, and what the issuer answers. */
export async function joinDomain(
  token: JoinTokenContent,
  place: OwnPlace,
  now: number,
): Promise<Joined> {
  const key = createKey();
  const host = { id: randomUUID() as string, ...place };
  const request: JoinRequest = {
    tokenId: token.id,
    secret: token.secret,
    certificateRequest: await createRequest(key, host.name),
    host,
  };
  using connection = await connectPinned(token);
  const answer = await post(connection.socket, token, request);
  verifyAnswer(answer, token, host.id, key, now);
  const { domain, certificate, authority, roster } = answer;
  return {
    membership: { domain, host: { id: host.id, name: host.name }, certificate, key, authority },
    roster,
  };
}

function post(socket: TLSSocket, token: JoinTokenContent, body: JoinRequest): Promise<JoinAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<JoinAnswer>();
  const text = JSON.stringify(body);
  const request = httpsRequest({
    createConnection: () => socket,
    host: token.address,
    port: token.port,
    method: "POST",
    path: "/v1/peer/join",
    headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
  });
  request.on("error", (cause) => {
    reject(
      cause instanceof FerryError
        ? cause
        : new FerryError("unreachable", "Cannot join: the connection to the issuer broke", {
            cause,
          }),
    );
  });
  request.on("response", (response) => {
    let received = "";
    response.setEncoding("utf8");
    response.on("error", reject);
    response.on("data", (piece: string) => {
      received += piece;
      if (received.length > joinAnswerBytesMax) response.destroy(badAnswer());
    });
    response.on("end", () => {
      try {
        resolve(readAnswer(response.statusCode ?? 0, received));
      } catch (error) {
        reject(error);
      }
    });
  });
  request.end(text);
  return promise;
}

function readAnswer(status: number, text: string): JoinAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (cause) {
    throw badAnswer(cause);
  }
  if (status === 200 && Value.Check(JoinAnswer, answer)) return answer;
  const error = (answer as { error?: ErrorBody } | null)?.error;
  if (error !== undefined && Object.hasOwn(errorCodes, error.code)) {
    throw new FerryError(error.code, error.message, {
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    });
  }
  throw badAnswer();
}

/** The issuer is believed, but a certificate that does not work is better found now than at the first move. */
function verifyAnswer(
  answer: JoinAnswer,
  token: JoinTokenContent,
  host: string,
  key: string,
  now: number,
): void {
  const certificate = new X509Certificate(answer.certificate);
  const trust = {
    domains: [{ id: answer.domain.id, authority: answer.authority, expelled: [] }],
  };
  const verdict = identifyPeer(certificate, trust, now);
  const right =
    fingerprint(answer.authority) === token.authority &&
    verdict.trusted &&
    verdict.identity.host === host &&
    certificate.checkPrivateKey(createPrivateKey(key));
  if (!right) {
    throw new FerryError(
      "peer-protocol",
      "Cannot join: the issuer's certificate does not work here",
      {
        remedy: "Compare the clocks of both hosts",
        details: verdict.trusted ? undefined : verdict.detail,
      },
    );
  }
  openRoster(answer.roster, answer.authority, answer.domain.id);
}

function badAnswer(cause?: unknown): FerryError {
  return new FerryError("peer-protocol", "Cannot join: the issuer's answer is not understood", {
    remedy: "Install the same Ferry version on both hosts",
    cause,
  });
}
