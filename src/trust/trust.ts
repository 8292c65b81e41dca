/**
 * Whom this host is, and whom it believes. The rest of Ferry asks this class and nothing else of the folder, but for
 * the pure `identifyPeer`, which session workers call with a snapshot.
 */
import type { X509Certificate } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { fingerprint } from "./authority.ts";
import { createRequest } from "./certificate.ts";
import { IdentityStore, type Membership } from "./identity-store.ts";
import {
  admitHost,
  expelHost,
  foundDomain,
  issuing,
  noDomain,
  type OwnPlace,
  renewCertificate,
} from "./issuer.ts";
import { joinDomain } from "./join.ts";
import type { JoinAnswer, JoinRequest, RenewAnswer } from "./join-messages.ts";
import { decodeJoinToken, encodeJoinToken } from "./join-token.ts";
import { JoinTokenStore } from "./join-token-store.ts";
import { createKey } from "./key.ts";
import { joinTokenLifeMs } from "./limits.ts";
import { identifyPeer, type PeerVerdict, type TrustSnapshot } from "./peer-identity.ts";
import { openRoster, type Roster, type SignedRoster } from "./roster.ts";
import { expelledHosts, findHost } from "./roster-members.ts";
import { type DomainCertificate, type TrustedDomain, TrustedDomains } from "./trusted-domains.ts";

export interface TrustParts {
  /** Where the identity lives, such as /var/lib/ferry/trust. */
  readonly directory: string;
  readonly database: DatabaseSync;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a TLS connection of this host is made with, PEM; structured-clonable. */
export interface TlsMaterial {
  readonly key: string;
  /** The host's certificate followed by its authority's, so that a joining host can find the pinned one. */
  readonly cert: string;
  /** Certificates of every authority that this host trusts. */
  readonly ca: readonly string[];
}

/** `identity`: the host entered a domain; `certificate`: its certificate and key were renewed. */
export type TrustChange = "identity" | "certificate" | "roster" | "trusts";

export class Trust {
  readonly #parts: TrustParts;
  readonly #store: IdentityStore;
  readonly #tokens: JoinTokenStore;
  readonly #domains: TrustedDomains;
  readonly #listeners = new Set<(change: TrustChange) => void>();
  #snapshot: TrustSnapshot;
  #refused = 0;
  #entering = false;

  constructor(parts: TrustParts) {
    this.#parts = parts;
    this.#store = new IdentityStore(parts.directory);
    this.#tokens = new JoinTokenStore(parts.database);
    this.#domains = new TrustedDomains(parts.database);
    this.#snapshot = this.#takeSnapshot();
  }

  /** Undefined while this host belongs to no domain. */
  get membership(): Membership | undefined {
    return this.#store.membership;
  }

  /** @throws FerryError `domain-missing`. */
  get roster(): Roster {
    if (this.#store.roster === undefined) throw noDomain();
    return this.#store.roster;
  }

  /** @throws FerryError `domain-missing`. */
  get signedRoster(): SignedRoster {
    if (this.#store.signedRoster === undefined) throw noDomain();
    return this.#store.signedRoster;
  }

  get isIssuer(): boolean {
    return this.#store.authorityKey !== undefined;
  }

  /** Peers refused since the agent started. */
  get refusedPeers(): number {
    return this.#refused;
  }

  /** Whom to believe, as plain data for a worker thread. */
  get snapshot(): TrustSnapshot {
    return this.#snapshot;
  }

  /** @throws FerryError `domain-missing`. */
  tlsMaterial(): TlsMaterial {
    const { key, certificate, authority } = this.member();
    const ca = this.#snapshot.domains.map((domain) => domain.authority);
    return { key, cert: certificate + "\n" + authority, ca };
  }

  /** @throws FerryError `domain-missing`. */
  member(): Membership {
    if (this.#store.membership === undefined) throw noDomain();
    return this.#store.membership;
  }

  /** Decides on a peer; a refusal is logged and counted. `where` is its address, for the log. */
  checkPeer(certificate: X509Certificate | undefined, where: string): PeerVerdict {
    const verdict = identifyPeer(certificate, this.#snapshot, this.#parts.now());
    if (!verdict.trusted) {
      this.#refused += 1;
      this.#parts.log.warn({ where, reason: verdict.reason }, `refused a peer: ${verdict.detail}`);
    }
    return verdict;
  }

  /** Called after what this host is, or whom it believes, has changed. */
  onChange(listener: (change: TrustChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @throws FerryError `conflict` on a host that has a domain. */
  async createDomain(name: string, place: OwnPlace): Promise<void> {
    await this.#enter(() => foundDomain(this.#store, name, place, this.#parts.now()));
  }

  /** @throws FerryError `conflict` on a host that has a domain, and what joinDomain throws. */
  async join(tokenText: string, place: OwnPlace): Promise<void> {
    const token = decodeJoinToken(tokenText);
    await this.#enter(async () => {
      const joined = await joinDomain(token, place, this.#parts.now());
      this.#store.enter(joined.membership, joined.roster);
    });
  }

  /** On the issuer: a token for one more host. */
  createJoinToken(lifeMs: number = joinTokenLifeMs): { token: string; expiresAt: number } {
    const { authority, roster } = issuing(this.#store);
    const self = findHost(roster, roster.issuer);
    if (self === undefined) throw noDomain();
    const { id, secret, expiresAt } = this.#tokens.create(this.#parts.now(), lifeMs);
    const token = encodeJoinToken({
      id,
      secret,
      address: self.address,
      port: self.port,
      authority: fingerprint(authority.certificate),
    });
    return { token, expiresAt };
  }

  /** On the issuer: lets a host in that shows a join token. */
  async admit(request: JoinRequest): Promise<JoinAnswer> {
    const answer = await admitHost(this.#store, this.#tokens, request, this.#parts.now());
    this.#changed("roster");
    return answer;
  }

  /** On the issuer: a new certificate for a member. */
  renewFor(host: string, certificateRequest: string): Promise<RenewAnswer> {
    return renewCertificate(this.#store, host, certificateRequest, this.#parts.now());
  }

  /** Gets this host a new certificate with a new key; `ask` carries the request to the issuer. */
  async renew(ask: (certificateRequest: string) => Promise<RenewAnswer>): Promise<void> {
    const { host, domain, authority } = this.member();
    const key = createKey();
    const request = await createRequest(key, host.name);
    const answer = await (this.isIssuer ? this.renewFor(host.id, request) : ask(request));
    openRoster(answer.roster, authority, domain.id);
    this.#store.replaceCertificate(key, answer.certificate);
    this.#changed("certificate");
    this.mergeRoster(answer.roster);
  }

  /** On the issuer: from now on nobody who hears of it talks to that host. */
  expel(nameOrId: string): void {
    expelHost(this.#store, nameOrId);
    this.#changed("roster");
  }

  /** Takes a roster that someone relayed, if it is newer and rightly signed. @returns whether it was newer. */
  mergeRoster(signed: SignedRoster): boolean {
    const { authority, domain } = this.member();
    const roster = openRoster(signed, authority, domain.id);
    if (roster.version <= this.roster.version) return false;
    this.#store.replaceRoster(signed, roster);
    this.#changed("roster");
    return true;
  }

  domainCertificate(): DomainCertificate {
    const { domain, authority } = this.member();
    return { ...domain, certificate: authority, roster: this.signedRoster };
  }

  trustedDomains(): readonly TrustedDomain[] {
    return this.#domains.list();
  }

  trustDomain(shown: DomainCertificate): TrustedDomain {
    const domain = this.#domains.add(shown, this.member().domain.id);
    this.#changed("trusts");
    return domain;
  }

  distrustDomain(idOrName: string): TrustedDomain {
    const domain = this.#domains.remove(idOrName);
    this.#changed("trusts");
    return domain;
  }

  async #enter(become: () => Promise<void>): Promise<void> {
    const present = this.#store.membership;
    if (present !== undefined || this.#entering) {
      throw new FerryError(
        "conflict",
        `Cannot enter a domain: this host belongs to ${present ? `domain "${present.domain.name}"` : "one in a moment"}`,
        {
          remedy: "A host belongs to one domain; domains can trust each other: ferry domain trust",
        },
      );
    }
    this.#entering = true;
    try {
      await become();
    } finally {
      this.#entering = false;
    }
    this.#changed("identity");
  }

  #changed(change: TrustChange): void {
    this.#snapshot = this.#takeSnapshot();
    for (const listener of this.#listeners) listener(change);
  }

  #takeSnapshot(): TrustSnapshot {
    const { membership, roster } = this.#store;
    if (membership === undefined || roster === undefined) return { domains: [] };
    const own = {
      id: membership.domain.id,
      authority: membership.authority,
      expelled: expelledHosts(roster),
    };
    const others = this.#domains.list().map(({ id, certificate, roster: theirs }) => ({
      id,
      authority: certificate,
      expelled: expelledHosts(theirs),
    }));
    return { domains: [own, ...others] };
  }
}
