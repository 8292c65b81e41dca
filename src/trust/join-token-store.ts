/** The join tokens that this host, as its domain's issuer, gave out: each good for one host, and only for a time. */
import { randomUUID, timingSafeEqual } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { FerryError } from "../base/errors.ts";
import { hashSecret, randomSecret } from "./join-token.ts";
import { joinTokensMax } from "./limits.ts";

interface Row {
  readonly hash: string;
  readonly expires_at: number;
  readonly used_by: string | null;
}

export class JoinTokenStore {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws FerryError `no-space` when too many are outstanding. */
  create(now: number, lifeMs: number): { id: string; secret: string; expiresAt: number } {
    this.#database.prepare("DELETE FROM join_tokens WHERE expires_at <= ?").run(now);
    const { count } = this.#database
      .prepare("SELECT count(*) AS count FROM join_tokens WHERE used_by IS NULL")
      .get() as { count: number };
    if (count >= joinTokensMax) {
      throw new FerryError(
        "no-space",
        `Cannot make a join token: ${count} are outstanding, at most ${joinTokensMax}`,
        { remedy: "Use one of them, or wait until they run out" },
      );
    }
    const token = { id: randomUUID(), secret: randomSecret(), expiresAt: now + lifeMs };
    this.#database
      .prepare("INSERT INTO join_tokens (id, hash, expires_at, used_by) VALUES (?, ?, ?, NULL)")
      .run(token.id, hashSecret(token.secret), token.expiresAt);
    return token;
  }

  /** @throws FerryError `unauthenticated`; the same words for every cause, so that nobody learns by asking. */
  check(id: string, secret: string, now: number): void {
    const row = this.#database
      .prepare("SELECT hash, expires_at, used_by FROM join_tokens WHERE id = ?")
      .get(id) as Row | undefined;
    const shown = Buffer.from(hashSecret(secret));
    const right = row !== undefined && timingSafeEqual(shown, Buffer.from(row.hash));
    if (!right || row.used_by !== null || row.expires_at <= now) {
      throw new FerryError("unauthenticated", "Cannot join with this token: it is not valid now", {
        remedy: "A token is good for one host and for a time; make another: ferry domain token",
      });
    }
  }

  /** Spends the token. @returns false when another join was quicker. */
  spend(id: string, host: string): boolean {
    const { changes } = this.#database
      .prepare("UPDATE join_tokens SET used_by = ? WHERE id = ? AND used_by IS NULL")
      .run(host, id);
    return changes === 1;
  }
}
