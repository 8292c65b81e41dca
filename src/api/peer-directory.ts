/** Where other hosts are: names resolved over the rosters of the own domain and of those it trusts. */
import { FerryError } from "../base/errors.ts";
import type { RosterHost } from "../trust/roster.ts";
import { findHost, unknownHost } from "../trust/roster-members.ts";
import type { Trust } from "../trust/trust.ts";

export interface PeerAddress extends RosterHost {
  /** Id of its domain. */
  readonly domain: string;
}

/**
 * A host by name or id: the own domain's, else that of the one trusted domain that has it.
 * @throws FerryError `not-found`, `conflict` when two trusted domains have one of that name, `domain-missing`.
 */
export function findPeer(trust: Trust, nameOrId: string): PeerAddress {
  const { roster } = trust;
  const own = findHost(roster, nameOrId);
  if (own !== undefined) return { ...own, domain: roster.domain };
  const others = trust.trustedDomains().flatMap(({ id, roster: theirs }) => {
    const host = findHost(theirs, nameOrId);
    return host === undefined ? [] : [{ ...host, domain: id }];
  });
  const [first, second] = others;
  if (first === undefined) throw unknownHost(roster, nameOrId);
  if (second !== undefined) {
    throw new FerryError(
      "conflict",
      `Cannot tell which host "${nameOrId}" is meant: ${others.length} trusted domains have one`,
      { remedy: `Give its id: ${others.map(({ id }) => id).join(" or ")}` },
    );
  }
  return first;
}

/** The other members of the own domain; none while there is no domain. */
export function otherMembers(trust: Trust): PeerAddress[] {
  const { membership } = trust;
  if (membership === undefined) return [];
  const { roster } = trust;
  return roster.hosts
    .filter((host) => !host.expelled && host.id !== membership.host.id)
    .map((host) => ({ ...host, domain: roster.domain }));
}

/** The name of a host that proved its identity; its id while no roster here knows it yet. */
export function nameOfPeer(trust: Trust, identity: { domain: string; host: string }): string {
  const rosters = [trust.roster, ...trust.trustedDomains().map(({ roster }) => roster)];
  const roster = rosters.find(({ domain }) => domain === identity.domain);
  return roster?.hosts.find(({ id }) => id === identity.host)?.name ?? identity.host;
}
