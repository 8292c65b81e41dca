/**
 * Who is logged in at the console: sessions that a cookie proves, and the one-time links that become one. Both are 256
 * random bits of which only a hash is kept, in the database, so that an agent's restart logs nobody out. A session
 * that came from a token ends with it.
 */
import { randomUUID, timingSafeEqual } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { FerryError } from "../base/errors.ts";
import { hashSecret, randomSecret } from "../trust/join-token.ts";
import type { Role } from "./schema/token.ts";
import type { Tokens } from "./tokens.ts";

/** A working day; who stays longer logs in again. */
const sessionLifeMs = 12 * 3_600_000;
/** Time to click, or to carry the link to another machine. */
const linkLifeMs = 10 * 60_000;
/** Far above the people of a domain; what fills the table without end stops here. */
const rowsMax = 10_000;

export interface ConsoleSession {
  readonly id: string;
  /** Who: the token's name, or what the link was made for. */
  readonly name: string;
  readonly role: Role;
  readonly expiresAt: number;
}

export interface CreatedSession {
  readonly session: ConsoleSession;
  /** The cookie's value. */
  readonly secret: string;
}

interface Row {
  readonly id: string;
  readonly hash: string;
  readonly name: string;
  readonly role: Role;
  readonly token: string | null;
  readonly expires_at: number;
}

type Kind = "link" | "session";

export class ConsoleSessions {
  readonly #database: DatabaseSync;
  readonly #tokens: Tokens;
  readonly #now: () => number;

  constructor(database: DatabaseSync, tokens: Tokens, now: () => number) {
    this.#database = database;
    this.#tokens = tokens;
    this.#now = now;
  }

  /** @throws FerryError `unauthenticated`. */
  loginByToken(text: string): CreatedSession {
    const token = this.#tokens.verify(text.trim());
    if (token === undefined) throw refused("the token is not valid on this host");
    const lifeMs = Math.min(sessionLifeMs, (token.expiresAt ?? Infinity) - this.#now());
    return this.#create("session", { ...token, token: token.id, lifeMs });
  }

  /** A link is good for one login. @throws FerryError `unauthenticated`. */
  loginByLink(text: string): CreatedSession {
    const link = this.#find("link", text);
    if (link === undefined) throw refused("the link was used already, or is too old");
    this.#database.prepare("DELETE FROM console_sessions WHERE id = ?").run(link.id);
    return this.#create("session", { ...link, lifeMs: sessionLifeMs });
  }

  createLink(name: string, role: Role): CreatedSession {
    return this.#create("link", { name, role, token: null, lifeMs: linkLifeMs });
  }

  verify(secret: string): ConsoleSession | undefined {
    const row = this.#find("session", secret);
    if (row === undefined) return undefined;
    if (row.token !== null && !this.#tokens.isValid(row.token)) return undefined;
    return publicPart(row);
  }

  end(id: string): void {
    this.#database.prepare("DELETE FROM console_sessions WHERE id = ?").run(id);
  }

  #create(
    kind: Kind,
    given: { name: string; role: Role; token: string | null; lifeMs: number },
  ): CreatedSession {
    const now = this.#now();
    this.#database.prepare("DELETE FROM console_sessions WHERE expires_at <= ?").run(now);
    const { count } = this.#database
      .prepare("SELECT count(*) AS count FROM console_sessions")
      .get() as { count: number };
    if (count >= rowsMax) {
      throw new FerryError("no-space", `Cannot log in: ${count} others are, at most ${rowsMax}`, {
        remedy: "Log out where you no longer work; sessions end by themselves after twelve hours",
      });
    }
    const secret = randomSecret();
    const id = randomUUID();
    const { name, role, token } = given;
    const expiresAt = Math.floor(now + given.lifeMs);
    this.#database
      .prepare(
        "INSERT INTO console_sessions (id, kind, hash, name, role, token, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
      )
      .run(id, kind, hashSecret(secret), name, role, token, expiresAt);
    return { session: { id, name, role, expiresAt }, secret: `${id}.${secret}` };
  }

  #find(kind: Kind, text: string): Row | undefined {
    const [id = "", secret = ""] = text.split(".");
    const row = this.#database
      .prepare("SELECT * FROM console_sessions WHERE id = ? AND kind = ?")
      .get(id, kind) as Row | undefined;
    const shown = Buffer.from(hashSecret(secret));
    const kept = row === undefined ? Buffer.alloc(shown.length) : Buffer.from(row.hash);
    const right = timingSafeEqual(shown, kept);
    if (row === undefined || !right || row.expires_at <= this.#now()) return undefined;
    return row;
  }
}

function publicPart({ id, name, role, expires_at }: Row): ConsoleSession {
  return { id, name, role, expiresAt: expires_at };
}

function refused(reason: string): FerryError {
  return new FerryError("unauthenticated", `Cannot log in: ${reason}`, {
    remedy:
      "Make a new link on the host with `ferry console`, or a token with `ferry token create`",
  });
}
