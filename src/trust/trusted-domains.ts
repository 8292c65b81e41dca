/** Other domains that this host's domain trusts: their authority and, as far as it is known, their roster. */
import type { DatabaseSync } from "node:sqlite";
import { FerryError } from "../base/errors.ts";
import { fingerprint, isAuthorityOf } from "./authority.ts";
import { trustedDomainsMax } from "./limits.ts";
import { openRoster, type Roster, type SignedRoster } from "./roster.ts";

/** What one domain shows another to be trusted by it. */
export interface DomainCertificate {
  readonly id: string;
  readonly name: string;
  /** PEM. */
  readonly certificate: string;
  readonly roster: SignedRoster;
}

export interface TrustedDomain {
  readonly id: string;
  readonly name: string;
  readonly certificate: string;
  readonly fingerprint: string;
  readonly roster: Roster;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly certificate: string;
  readonly roster: string;
}

export class TrustedDomains {
  readonly #database: DatabaseSync;
  /** As the database has them; undefined until asked for, and after a change. Every request of another host asks. */
  #known: readonly TrustedDomain[] | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  list(): readonly TrustedDomain[] {
    this.#known ??= this.#read();
    return this.#known;
  }

  #read(): TrustedDomain[] {
    const rows = this.#database
      .prepare("SELECT id, name, certificate, roster FROM trusted_domains ORDER BY name, id")
      .all() as unknown as Row[];
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      certificate: row.certificate,
      fingerprint: fingerprint(row.certificate),
      roster: openRoster(JSON.parse(row.roster) as SignedRoster, row.certificate, row.id),
    }));
  }

  /** Trusts a domain, or takes its newer roster. @throws FerryError `bad-input`, `conflict`, `no-space`. */
  add(shown: DomainCertificate, ownDomain: string): TrustedDomain {
    if (shown.id === ownDomain) {
      throw new FerryError(
        "conflict",
        `Cannot trust domain "${shown.name}": it is this host's own`,
        { remedy: "Give the file that the other domain's host printed: ferry domain certificate" },
      );
    }
    if (!isAuthorityOf(shown.id, shown.certificate)) {
      throw new FerryError(
        "bad-input",
        `Cannot trust domain "${shown.name}": the certificate is not that of its authority`,
        { remedy: "Fetch the file again on a host of that domain: ferry domain certificate" },
      );
    }
    const roster = openRoster(shown.roster, shown.certificate, shown.id);
    const domains = this.list();
    const known = domains.find((domain) => domain.id === shown.id);
    if (known !== undefined && known.certificate !== shown.certificate) {
      throw new FerryError(
        "conflict",
        `Cannot trust domain "${shown.name}": another authority of it is trusted already`,
        { remedy: `Compare the fingerprints, then: ferry domain untrust ${shown.id}` },
      );
    }
    if (known === undefined && domains.length >= trustedDomainsMax) {
      throw new FerryError(
        "no-space",
        `Cannot trust domain "${shown.name}": ${domains.length} are trusted, at most ${trustedDomainsMax}`,
        { remedy: "Stop trusting one: ferry domain untrust" },
      );
    }
    // An older roster must not bring an expelled host back.
    if (known === undefined || roster.version > known.roster.version) {
      this.#database
        .prepare(
          "INSERT OR REPLACE INTO trusted_domains (id, name, certificate, roster) VALUES (?, ?, ?, ?)",
        )
        .run(shown.id, roster.domainName, shown.certificate, JSON.stringify(shown.roster));
      this.#known = undefined;
    }
    return {
      id: shown.id,
      name: roster.domainName,
      certificate: shown.certificate,
      fingerprint: fingerprint(shown.certificate),
      roster,
    };
  }

  /** @throws FerryError `not-found`. */
  remove(idOrName: string): TrustedDomain {
    const domain = this.list().find(({ id, name }) => id === idOrName || name === idOrName);
    if (domain === undefined) {
      throw new FerryError("not-found", `Cannot find trusted domain "${idOrName}"`, {
        remedy: "List them: ferry domain show",
      });
    }
    this.#database.prepare("DELETE FROM trusted_domains WHERE id = ?").run(domain.id);
    this.#known = undefined;
    return domain;
  }
}
