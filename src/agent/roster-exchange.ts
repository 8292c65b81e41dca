/**
 * Spreads the rosters: the issuer hands a newer one to all members at once, who hand it on to a few that it may not reach, and every host asks around
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
/** Hosts told by one that was told itself: if everybody told everybody, one more host would cost a domain of two hundred forty thousand questions. */
const toldOn = 3;

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

  /** Hands this host's roster to every other member, or to a few when it is the issuer's work. */
  async tell(): Promise<void> {
    const body = this.#trust.signedRoster;
    const put = { method: "PUT", path: "/v1/peer/roster", body, timeoutMs };
    const members = otherMembers(this.#trust);
    const told = this.#trust.isIssuer ? members : this.#anyOf(members, toldOn);
    await Promise.all(
      told.map(async (peer) => {
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

  /** Not the same for all: who tells begins behind itself in the roster. */
  #anyOf(members: readonly PeerAddress[], count: number): PeerAddress[] {
    const own = this.#trust.member().host.id;
    const sorted = members.toSorted((a, b) => a.id.localeCompare(b.id));
    const behind = sorted.filter(({ id }) => id > own);
    return [...behind, ...sorted.filter(({ id }) => id < own)].slice(0, count);
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
