/**
 * The connections to other hosts: a pool for each, all begun with the present certificate, and each only with the very host that was meant: its
 * certificate must be believed and name it.
 */
import { X509Certificate } from "node:crypto";
import { Agent } from "node:https";
import { createSecureContext, type PeerCertificate, type SecureContext } from "node:tls";
import { FerryError } from "../base/errors.ts";
import { isTrusted } from "../trust/peer-identity.ts";
import type { Trust } from "../trust/trust.ts";
import type { PeerAddress } from "./peer-directory.ts";

/** To each host, between questions: one that had many at once shall not hold as many connections to each of two hundred hosts. */
const keptIdleMax = 2;

interface Pool {
  readonly peer: PeerAddress;
  readonly agent: Agent;
}

export class PeerConnections implements Disposable {
  readonly #trust: Trust;
  /** By the host's id. */
  readonly #pools = new Map<string, Pool>();
  /** One for all: else each connection would read key and certificates anew. */
  #context: SecureContext | undefined;
  readonly #stopListening: () => void;

  constructor(trust: Trust) {
    this.#trust = trust;
    this.#stopListening = trust.onChange((change) => {
      if (change === "roster") this.#leaveUntrusted();
      else this.#renew();
    });
  }

  /** @throws FerryError `domain-missing`. */
  to(peer: PeerAddress): Agent {
    const present = this.#pools.get(peer.id);
    if (present !== undefined) return present.agent;
    const agent = new Agent({
      keepAlive: true,
      maxFreeSockets: keptIdleMax,
      secureContext: this.#present(),
      // A resumed session would skip the check below.
      maxCachedSessions: 0,
      checkServerIdentity: (_name, shown) => this.#checkServer(peer, shown),
    });
    this.#pools.set(peer.id, { peer, agent });
    return agent;
  }

  [Symbol.dispose](): void {
    this.#stopListening();
    for (const { agent } of this.#pools.values()) agent.destroy();
    this.#pools.clear();
  }

  #present(): SecureContext {
    if (this.#context === undefined) {
      const { key, cert, ca } = this.#trust.tlsMaterial();
      this.#context = createSecureContext({ key, cert, ca: [...ca], minVersion: "TLSv1.3" });
    }
    return this.#context;
  }

  #checkServer(peer: PeerAddress, shown: PeerCertificate): Error | undefined {
    const where = `${peer.address} port ${peer.port}`;
    const verdict = this.#trust.checkPeer(new X509Certificate(shown.raw), where);
    const isMeant =
      verdict.trusted &&
      verdict.identity.domain === peer.domain &&
      verdict.identity.host === peer.id;
    if (isMeant) return undefined;
    const present = verdict.trusted ? `host ${verdict.identity.host} answered` : verdict.detail;
    return new FerryError(
      "peer-refused",
      `Cannot trust what answers for host "${peer.name}" at ${where}: ${present}`,
      {
        remedy:
          "Check the host's address in `ferry host list`, and its membership in `ferry domain show` there",
      },
    );
  }

  /** The next question begins with the present certificate; questions under way get their answer. */
  #renew(): void {
    this.#context = undefined;
    for (const { agent } of this.#pools.values()) closeUnused(agent);
    this.#pools.clear();
  }

  #leaveUntrusted(): void {
    const { snapshot } = this.#trust;
    for (const [id, { peer, agent }] of this.#pools) {
      if (isTrusted({ domain: peer.domain, host: id }, snapshot)) continue;
      closeUnused(agent);
      this.#pools.delete(id);
    }
  }
}

function closeUnused({ freeSockets }: Agent): void {
  for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
}
