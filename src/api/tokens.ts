/** API tokens: 256 random bits each, of which only a hash is kept. */
import { randomUUID, timingSafeEqual } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { FerryError } from "../base/errors.ts";
import { hashSecret, randomSecret } from "../trust/join-token.ts";
import type { CreatedToken, Role, Token, TokenCreate } from "./schema/token.ts";

/** A list that a person can still read; a fault that makes tokens without end stops here. */
const tokensMax = 1000;
/** Scanners for leaked secrets find a token by it. */
const prefix = "ferry-token-1.";

interface Row {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly hash: string;
  readonly created_at: number;
  readonly expires_at: number | null;
}

export class Tokens {
  readonly #database: DatabaseSync;
  readonly #now: () => number;

  constructor(database: DatabaseSync, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  list(): Token[] {
    const rows = this.#database.prepare("SELECT * FROM tokens ORDER BY name").all();
    return (rows as unknown as Row[]).map(publicPart);
  }

  /** @throws FerryError `already-exists`, `no-space`. */
  create({ name, role, validMs }: TokenCreate): CreatedToken {
    const tokens = this.list();
    if (tokens.some((token) => token.name === name)) {
      throw new FerryError(
        "already-exists",
        `Cannot create token "${name}": one of that name exists`,
        {
          remedy: `Choose another name, or delete it: ferry token delete ${name}`,
        },
      );
    }
    if (tokens.length >= tokensMax) {
      throw new FerryError(
        "no-space",
        `Cannot create token "${name}": there are ${tokens.length}, at most ${tokensMax}`,
        { remedy: "Delete tokens that nobody uses: ferry token list" },
      );
    }
    const id = randomUUID();
    const secret = randomSecret();
    const now = Math.floor(this.#now());
    this.#database
      .prepare(
        "INSERT INTO tokens (id, name, role, hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
      )
      .run(id, name, role, hashSecret(secret), now, validMs === undefined ? null : now + validMs);
    return { token: publicPart(this.#find(id)), secret: `${prefix}${id}.${secret}` };
  }

  /** By id or name. @throws FerryError `not-found`. */
  delete(idOrName: string): Token {
    const row = this.#find(idOrName);
    this.#database.prepare("DELETE FROM tokens WHERE id = ?").run(row.id);
    return publicPart(row);
  }

  /** The token that a bearer's text proves, or undefined; takes as long for a wrong secret as for a right one. */
  verify(text: string): Token | undefined {
    if (!text.startsWith(prefix)) return undefined;
    const [id = "", secret = ""] = text.slice(prefix.length).split(".");
    const row = this.#database.prepare("SELECT * FROM tokens WHERE id = ?").get(id) as
      | Row
      | undefined;
    const shown = Buffer.from(hashSecret(secret));
    const kept = row === undefined ? Buffer.alloc(shown.length) : Buffer.from(row.hash);
    const right = timingSafeEqual(shown, kept);
    if (row === undefined || !right) return undefined;
    const expired = row.expires_at !== null && row.expires_at <= this.#now();
    return expired ? undefined : publicPart(row);
  }

  /** Whether the token of that id exists and has not expired. */
  isValid(id: string): boolean {
    const row = this.#database.prepare("SELECT expires_at FROM tokens WHERE id = ?").get(id) as
      | Pick<Row, "expires_at">
      | undefined;
    return row !== undefined && (row.expires_at === null || row.expires_at > this.#now());
  }

  #find(idOrName: string): Row {
    const row = this.#database
      .prepare("SELECT * FROM tokens WHERE id = :key OR name = :key")
      .get({ key: idOrName });
    if (row !== undefined) return row as unknown as Row;
    throw new FerryError("not-found", `Cannot find token "${idOrName}"`, {
      remedy: "List them: ferry token list",
    });
  }
}

function publicPart(row: Row): Token {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
