/** The source's side of asking for slots (src/scheduler/attempts.ts), over the peer API. */
import type { SlotLink } from "../scheduler/attempts.ts";
import { SlotAnswer, SlotRequest } from "../scheduler/slot-messages.ts";
import type { Trust } from "../trust/trust.ts";
import type { PeerClient } from "./peer-client.ts";
import { findPeer } from "./peer-directory.ts";

/** Answered from memory: a host that takes longer is in trouble, and other targets wait for their turn meanwhile. */
const askTimeoutMs = 5_000;

export class HttpSlotLink implements SlotLink {
  readonly #trust: Trust;
  readonly #peers: PeerClient;

  constructor(trust: Trust, peers: PeerClient) {
    this.#trust = trust;
    this.#peers = peers;
  }

  async ask(target: string, request: SlotRequest, signal: AbortSignal): Promise<SlotAnswer> {
    return await this.#peers.ask(findPeer(this.#trust, target), SlotAnswer, {
      ...{ method: "POST", path: "/v1/peer/slots", body: request, form: SlotRequest, signal },
      timeoutMs: askTimeoutMs,
    });
  }

  async release(target: string, migrationId: string): Promise<void> {
    const path = `/v1/peer/slots/${encodeURIComponent(migrationId)}`;
    const question = { method: "DELETE", path, timeoutMs: askTimeoutMs };
    (await this.#peers.open(findPeer(this.#trust, target), question)).resume();
  }
}
