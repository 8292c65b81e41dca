/** The source's side of what the engine asks of another host (src/migration/peer-link.ts), over the peer API. */
import type { Static, TSchema } from "typebox";
import { FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { PeerLink, PeerStatus, SessionRequest, SessionWish } from "../migration/peer-link.ts";
import { FactsRequest, HostFacts } from "../precheck/facts.ts";
import { knownVersions } from "../protocol/version.ts";
import { lanesMax } from "../session/limits.ts";
import { openSourceSession } from "../session/open.ts";
import type { SpareWorkers } from "../session/spare-workers.ts";
import { type MigrationNetwork, requireAddresses } from "../network/migration-network.ts";
import type { Session } from "../session/session.ts";
import type { Trust } from "../trust/trust.ts";
import type { PeerClient, PeerQuestion } from "./peer-client.ts";
import { endSessionWhenUntrusted } from "./end-untrusted.ts";
import { findPeer } from "./peer-directory.ts";
import { PeerMigrationStatus, PeerSessionAnswer, PeerSessionRequest } from "./schema/peer.ts";

/** Checks look at storage, which may be slow on the other host. */
const checkTimeoutMs = 30_000;

export class HttpPeerLink implements PeerLink {
  readonly #trust: Trust;
  readonly #peers: PeerClient;
  readonly #log: Log;
  readonly #workers: SpareWorkers;
  readonly #networks: () => readonly MigrationNetwork[] | null;

  /** `networks`: those that moves may use; null: any. */
  constructor(
    trust: Trust,
    peers: PeerClient,
    log: Log,
    workers: SpareWorkers,
    networks: () => readonly MigrationNetwork[] | null,
  ) {
    this.#networks = networks;
    this.#workers = workers;
    this.#trust = trust;
    this.#peers = peers;
    this.#log = log;
  }

  async openSession(
    host: string,
    request: SessionRequest,
    { everyNetwork, wayBytesPerSecond, signal }: SessionWish,
  ): Promise<Session> {
    const peer = findPeer(this.#trust, host);
    const { key, certificate, host: self } = this.#trust.member();
    const body: PeerSessionRequest = {
      ...request,
      source: self.name,
      versions: [...knownVersions],
    };
    const answer = await this.#peers.ask(peer, PeerSessionAnswer, {
      ...{ method: "POST", path: "/v1/peer/sessions", body, form: PeerSessionRequest, signal },
    });
    if (!knownVersions.includes(answer.version)) throw unofferedVersion(peer.name, answer.version);
    const addresses = requireAddresses(peer.name, answer.addresses, this.#networks());
    const session = await openSourceSession({
      id: answer.sessionId,
      version: answer.version,
      credentials: { key, certificate },
      trust: this.#trust.snapshot,
      peer: { domain: peer.domain, host: peer.id },
      log: this.#log.child({ migration: request.migrationId }),
      workers: this.#workers,
      addresses,
      limits: { expectedBytesPerSecond: wayBytesPerSecond ?? 0 },
      lanes: everyNetwork ? Math.min(addresses.length, lanesMax) : 1,
      port: answer.port,
      ticket: answer.ticket,
    });
    endSessionWhenUntrusted(session, this.#trust, this.#log);
    return session;
  }

  /** The target's half of the checks. @throws FerryError `unreachable`, `peer-refused`, `not-found`. */
  async facts(host: string, request: FactsRequest): Promise<HostFacts> {
    const question = { body: request, form: FactsRequest, timeoutMs: checkTimeoutMs };
    return await this.#ask(host, HostFacts, "POST", "/v1/peer/checks", question);
  }

  async status(host: string, migrationId: string): Promise<PeerStatus> {
    return await this.#ask(host, PeerMigrationStatus, "GET", path(migrationId));
  }

  async take(host: string, migrationId: string, generation: number): Promise<PeerStatus> {
    const at = `${path(migrationId)}/take`;
    return await this.#ask(host, PeerMigrationStatus, "POST", at, { body: { generation } });
  }

  async discard(host: string, migrationId: string): Promise<PeerStatus> {
    return await this.#ask(host, PeerMigrationStatus, "POST", `${path(migrationId)}/discard`);
  }

  async disown(host: string, migrationId: string, generation: number): Promise<PeerStatus> {
    const at = `${path(migrationId)}/disown`;
    return await this.#ask(host, PeerMigrationStatus, "POST", at, { body: { generation } });
  }

  async #ask<T extends TSchema>(
    host: string,
    answer: T,
    method: string,
    at: string,
    question: Pick<PeerQuestion, "body" | "form" | "timeoutMs"> = {},
  ): Promise<Static<T>> {
    const peer = findPeer(this.#trust, host);
    return await this.#peers.ask(peer, answer, { ...question, method, path: at });
  }
}

function path(migrationId: string): string {
  return `/v1/peer/migrations/${encodeURIComponent(migrationId)}`;
}

function unofferedVersion(peer: string, version: number): FerryError {
  return new FerryError(
    "peer-protocol",
    `Cannot open a session with "${peer}": it chose protocol ${version}, which was not offered`,
    { remedy: "Install the same Ferry version on both hosts" },
  );
}
