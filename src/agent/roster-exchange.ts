/**
 * Spreads the rosters: a host that has a newer one hands it to the other members at once, and every host asks around
 * now and then, since one that was off when a host was expelled must learn of it too.
 */
import { setTimeout as wait } from "node:timers/promises";
import { SignedRoster } from "../api/schema/domain.ts";
import type { PeerClient } from "../api/peer-client.ts";
import { otherMembers, type PeerAddress } from "../api/peer-directory.ts";
import { FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Trust } from "../trust/trust.ts";

/** How long a host that was off may go on talking to an expelled one. */
const askEveryMs = 60_000;
const timeoutMs = 5_000;
/** Hosts asked each time: news spreads through the domain all the same. */
const askedAtOnce = 2;

export class RosterExchange implements AsyncDisposable {
  readonly #trust: Trust;
  readonly #peers: PeerClient;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #stopListening: () => void;
  #asking: Promise<void> | undefined;
  #turn = 0;

  constructor(trust: Trust, peers: PeerClient, log: Log) {
    this.#trust = trust;
    this.#peers = peers;
    this.#log = log;
    this.#stopListening = trust.onChange((change) => {
      if (change === "roster") void this.tell();
    });
  }

  start(): void {
    this.#asking = this.#askNowAndThen();
  }

  /** Hands this host's roster to every other member. */
  async tell(): Promise<void> {
    const body = this.#trust.signedRoster;
    const put = { method: "PUT", path: "/v1/peer/roster", body, timeoutMs };
    await Promise.all(
      otherMembers(this.#trust).map(async (peer) => {
        try {
          (await this.#peers.open(peer, put)).resume();
        } catch (error) {
          this.#missed(peer, error);
        }
      }),
    );
  }

  /** Asks a few members, and one host of each trusted domain, for their rosters. */
  async ask(): Promise<void> {
    if (this.#trust.membership === undefined) return;
    this.#turn += 1;
    const members = this.#next(otherMembers(this.#trust), askedAtOnce);
    await Promise.all(
      members.map((peer) => this.#fetch(peer, (signed) => void this.#trust.mergeRoster(signed))),
    );
    for (const { id, name, certificate, roster } of this.#trust.trustedDomains()) {
      const hosts = roster.hosts.filter(({ expelled }) => !expelled);
      const [peer] = this.#next(
        hosts.map((host) => ({ ...host, domain: id })),
        1,
      );
      if (peer === undefined) continue;
      await this.#fetch(peer, (signed) => {
        this.#trust.trustDomain({ id, name, certificate, roster: signed });
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening();
    this.#stopping.abort();
    await this.#asking;
  }

  async #askNowAndThen(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.ask();
      // Rejects when the agent stops, which is the end of it.
      await wait(askEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  #next(hosts: readonly PeerAddress[], count: number): PeerAddress[] {
    const begin = hosts.length === 0 ? 0 : (this.#turn * count) % hosts.length;
    return [...hosts.slice(begin), ...hosts.slice(0, begin)].slice(0, count);
  }

  async #fetch(peer: PeerAddress, take: (signed: SignedRoster) => void): Promise<void> {
    try {
      const question = { method: "GET", path: "/v1/peer/roster", timeoutMs };
      take(
        await this.#peers.ask(peer, SignedRoster, { ...question, signal: this.#stopping.signal }),
      );
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#missed(peer, error);
    }
  }

  #missed(peer: PeerAddress, error: unknown): void {
    const reason = FerryError.from(error).message;
    this.#log.debug({ peer: peer.name, reason }, "a host did not take part in the roster exchange");
  }
}
