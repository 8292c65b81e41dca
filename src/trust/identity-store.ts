/**
 * What makes this host a member, on disk: `identity.json` (its key, its certificate, its domain's authority), the
 * newest `roster.json`, and on the domain's issuer `authority.key`. All of mode 0600 in a directory of mode 0700.
 * `identity.json` is written last: without it the host belongs to no domain, whatever else lies there.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Type from "typebox";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { Name, Uuid } from "../vm/definition.ts";
import { writeSecretFile } from "./atomic-file.ts";
import { openRoster, type Roster, SignedRoster } from "./roster.ts";

export const Membership = Type.Object({
  domain: Type.Object({ id: Uuid, name: Name }),
  host: Type.Object({ id: Uuid, name: Name }),
  /** This host's certificate and its key, PEM. */
  certificate: Type.String(),
  key: Type.String(),
  /** The certificate of the domain's authority, PEM. */
  authority: Type.String(),
});
export type Membership = Type.Static<typeof Membership>;

export class IdentityStore {
  readonly #directory: string;
  #membership: Membership | undefined;
  #signed: SignedRoster | undefined;
  #roster: Roster | undefined;
  #authorityKey: string | undefined;

  /** @throws FerryError `system-refused` when the files are there and can't be used. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const identity = this.#read("identity.json");
    if (identity === undefined) return;
    this.#membership = parse(Membership, identity, join(directory, "identity.json"));
    this.#authorityKey = this.#read("authority.key");
    const roster = this.#read("roster.json");
    if (roster === undefined) return;
    this.#signed = parse(SignedRoster, roster, join(directory, "roster.json"));
    this.#roster = openRoster(this.#signed, this.#membership.authority, this.#membership.domain.id);
  }

  get membership(): Membership | undefined {
    return this.#membership;
  }

  get roster(): Roster | undefined {
    return this.#roster;
  }

  get signedRoster(): SignedRoster | undefined {
    return this.#signed;
  }

  /** The domain's key, on its issuer only. Secret. */
  get authorityKey(): string | undefined {
    return this.#authorityKey;
  }

  /** Makes this host a member in one step that a crash can't halve. */
  enter(membership: Membership, roster: SignedRoster, authorityKey?: string): void {
    const opened = openRoster(roster, membership.authority, membership.domain.id);
    if (authorityKey !== undefined) this.#write("authority.key", authorityKey);
    this.#write("roster.json", JSON.stringify(roster));
    this.#write("identity.json", JSON.stringify(membership));
    this.#membership = membership;
    this.#signed = roster;
    this.#roster = opened;
    this.#authorityKey = authorityKey;
  }

  replaceCertificate(key: string, certificate: string): void {
    if (this.#membership === undefined) return;
    const membership = { ...this.#membership, key, certificate };
    this.#write("identity.json", JSON.stringify(membership));
    this.#membership = membership;
  }

  replaceRoster(signed: SignedRoster, roster: Roster): void {
    this.#write("roster.json", JSON.stringify(signed));
    this.#signed = signed;
    this.#roster = roster;
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(join(this.#directory, name), "utf8");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw unusable(join(this.#directory, name), cause);
    }
  }

  #write(name: string, text: string): void {
    const path = join(this.#directory, name);
    try {
      writeSecretFile(path, text);
    } catch (cause) {
      throw new FerryError("system-refused", `Cannot write "${path}"`, {
        remedy:
          "Check that the disk is not full and that the directory belongs to the agent's user",
        cause,
      });
    }
  }
}

function parse<T extends Type.TSchema>(schema: T, text: string, path: string): Type.Static<T> {
  try {
    return Value.Parse(schema, JSON.parse(text)) as Type.Static<T>;
  } catch (cause) {
    throw unusable(path, cause);
  }
}

function unusable(path: string, cause: unknown): FerryError {
  return new FerryError("system-refused", `Cannot use the host's identity in "${path}"`, {
    remedy:
      "Restore the file from a backup, or expel the host, remove its directory and join again",
    cause,
  });
}
