/** The target's side of opening a session: a source that proved its certificate asks, a worker listens for its lanes. */
import { randomUUID } from "node:crypto";
import { errorChain, FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Migrations } from "../migration/migrations.ts";
import { agreeVersion, knownVersions } from "../protocol/version.ts";
import { openTargetSession } from "../session/open.ts";
import type { TargetSession } from "../session/options.ts";
import type { SpareWorkers } from "../session/spare-workers.ts";
import type { PeerIdentity } from "../trust/peer-identity.ts";
import type { Trust } from "../trust/trust.ts";
import { endSessionWhenUntrusted } from "./end-untrusted.ts";
import type { PeerSessionAnswer, PeerSessionRequest } from "./schema/peer.ts";

/** The source connects at once; a ticket that nobody uses is withdrawn. */
const connectTimeoutMs = 15_000;
/** Sessions that wait for their first lane: each is a thread. */
const waitingMax = 32;

export interface PeerSessionsParts {
  readonly log: Log;
  readonly trust: Trust;
  readonly workers: SpareWorkers;
  /** Asked when a session is accepted: migrations need the peer API, which needs this. */
  readonly migrations: () => Migrations;
  readonly listen: {
    /** The address the agent listens on; `::` for every one. */
    readonly address: string;
    readonly portFirst: number;
    readonly portLast: number;
  };
  /** Where the source may reach this host, the best first. */
  readonly addresses: () => readonly string[];
}

export class PeerSessions implements AsyncDisposable {
  readonly #parts: PeerSessionsParts;
  readonly #waiting = new Set<TargetSession>();

  constructor(parts: PeerSessionsParts) {
    this.#parts = parts;
  }

  /** @throws FerryError `unsupported` without a common version, `busy`, `in-use` when no port is free. */
  async open(
    request: PeerSessionRequest,
    peer: { readonly identity: PeerIdentity; readonly name: string },
  ): Promise<PeerSessionAnswer> {
    const { log, trust, workers, listen } = this.#parts;
    const version = agreeVersion(request.versions);
    if (version === undefined) throw noCommonVersion(peer.name, request.versions);
    if (this.#waiting.size >= waitingMax) throw tooManyWaiting(peer.name);
    const addresses = [...this.#parts.addresses()];
    if (addresses.length === 0) throw noAddress(peer.name);
    const { key, certificate } = trust.member();
    const session = await openTargetSession({
      id: randomUUID(),
      version,
      credentials: { key, certificate },
      trust: trust.snapshot,
      peer: peer.identity,
      log: log.child({ migration: request.migrationId }),
      workers,
      addresses: [listen.address],
      portFirst: listen.portFirst,
      portLast: listen.portLast,
    });
    endSessionWhenUntrusted(session, trust, log);
    this.#waiting.add(session);
    void this.#accept(session, request, peer.name);
    const { id: sessionId, port, ticket } = session;
    return { sessionId, addresses, port, ticket, version };
  }

  async #accept(session: TargetSession, request: PeerSessionRequest, peer: string): Promise<void> {
    try {
      await session.connected({ timeoutMs: connectTimeoutMs });
      this.#parts.migrations().accept(request, peer, session);
    } catch (error) {
      const facts = { migration: request.migrationId, peer, reason: errorChain(error) };
      this.#parts.log.warn(facts, "a session came to nothing");
      await session.close("The session was not taken up in time");
    } finally {
      this.#waiting.delete(session);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#waiting].map((session) => session.close("The agent stops")));
  }
}

function noCommonVersion(peer: string, offered: readonly number[]): FerryError {
  return new FerryError(
    "unsupported",
    `Cannot open a session with "${peer}": it speaks protocol ${offered.join(", ")}, this host ${knownVersions.join(", ")}`,
    { remedy: "Upgrade the older Ferry; hosts may differ by one version" },
  );
}

function noAddress(peer: string): FerryError {
  return new FerryError(
    "unsupported",
    `Cannot open a session with "${peer}": this host has no address in any of its migration networks`,
    { remedy: "Correct the migration networks of this host: ferry host network list" },
  );
}

function tooManyWaiting(peer: string): FerryError {
  return new FerryError(
    "busy",
    `Cannot open a session with "${peer}": ${waitingMax} sessions wait for their source already`,
    { remedy: "Try again in a moment" },
  );
}
