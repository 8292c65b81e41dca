/** Asks every other host of the domain the same thing at once; who does not answer in time is named, not waited for. */
import type { Static, TSchema } from "typebox";
import { FerryError } from "../base/errors.ts";
import type { Trust } from "../trust/trust.ts";
import type { PeerClient } from "./peer-client.ts";
import { otherMembers, type PeerAddress } from "./peer-directory.ts";
import type { Unreachable } from "./schema/scope.ts";

/** A person waits for the slowest host; a host that is there answers a list in milliseconds. */
export const questionTimeoutMs = 3_000;

export interface DomainAnswers<Answer> {
  readonly answers: readonly { readonly peer: PeerAddress; readonly answer: Answer }[];
  /** Hosts that answered `not-found` are neither here nor there. */
  readonly unreachable: Unreachable;
}

export async function askMembers<T extends TSchema>(
  parts: { readonly trust: Trust; readonly peers: PeerClient },
  schema: T,
  path: string,
): Promise<DomainAnswers<Static<T>>> {
  const answers: { peer: PeerAddress; answer: Static<T> }[] = [];
  const unreachable: Unreachable = [];
  const ask = async (peer: PeerAddress) => {
    try {
      const question = { method: "GET", path, timeoutMs: questionTimeoutMs };
      answers.push({ peer, answer: await parts.peers.ask(peer, schema, question) });
    } catch (error) {
      const { code, message } = FerryError.from(error);
      if (code !== "not-found") unreachable.push({ host: peer.name, message });
    }
  };
  await Promise.all(otherMembers(parts.trust).map(ask));
  unreachable.sort((one, other) => one.host.localeCompare(other.host));
  return { answers, unreachable };
}
