/** Who is in a roster, and the rosters that follow when a host comes or goes. Pure; the authority signs the result. */
import { FerryError } from "../base/errors.ts";
import { rosterHostsMax } from "./limits.ts";
import type { Roster, RosterHost } from "./roster.ts";

export function expelledHosts(roster: Roster): string[] {
  return roster.hosts.filter((host) => host.expelled).map((host) => host.id);
}

/** A member by name or id; expelled hosts are none. */
export function findHost(roster: Roster, nameOrId: string): RosterHost | undefined {
  return roster.hosts.find(
    (host) => !host.expelled && (host.name === nameOrId || host.id === nameOrId),
  );
}

/**
 * The next version, with one more host.
 * @throws FerryError `already-exists` for a name or address of another member, `no-space` for a full roster.
 */
export function withHost(roster: Roster, host: Omit<RosterHost, "expelled">): Roster {
  const members = roster.hosts.filter((member) => !member.expelled);
  const same = members.find(
    (member) =>
      member.name === host.name ||
      member.id === host.id ||
      (member.address === host.address && member.port === host.port),
  );
  if (same !== undefined) {
    throw new FerryError(
      "already-exists",
      `Cannot admit host "${host.name}" at ${host.address}: host "${same.name}" at ${same.address} is a member`,
      {
        remedy: `Give it another name and address, or expel the other: ferry host expel ${same.name}`,
      },
    );
  }
  if (roster.hosts.length >= rosterHostsMax) {
    throw new FerryError(
      "no-space",
      `Cannot admit host "${host.name}": the domain has ${roster.hosts.length} hosts, at most ${rosterHostsMax}`,
      { remedy: "Create another domain and let the two trust each other: ferry domain trust" },
    );
  }
  return {
    ...roster,
    version: roster.version + 1,
    hosts: [...roster.hosts, { ...host, expelled: false }],
  };
}

/** The next version, with a member expelled. @throws FerryError `not-found`, `conflict` for the issuer. */
export function withoutHost(roster: Roster, nameOrId: string): Roster {
  const expelled = findHost(roster, nameOrId);
  if (expelled === undefined) throw unknownHost(roster, nameOrId);
  if (expelled.id === roster.issuer) {
    throw new FerryError(
      "conflict",
      `Cannot expel host "${expelled.name}": it keeps the key of domain "${roster.domainName}"`,
      { remedy: "Create a new domain on another host and join the hosts to it" },
    );
  }
  return {
    ...roster,
    version: roster.version + 1,
    hosts: roster.hosts.map((host) => (host === expelled ? { ...host, expelled: true } : host)),
  };
}

export function unknownHost(roster: Roster, nameOrId: string): FerryError {
  const names = roster.hosts.filter((host) => !host.expelled).map((host) => host.name);
  return new FerryError(
    "not-found",
    `Cannot find host "${nameOrId}": domain "${roster.domainName}" has ${names.join(", ")}`,
    {
      remedy:
        "Name one of these, or let the host join: ferry host join. A host of another domain needs trust on both sides: ferry domain trust",
    },
  );
}
