/**
 * Opens the host's SQLite database. WAL with synchronous=FULL: a committed transaction survives a power loss, which is
 * what makes the journal's word final (DESIGN section 5).
 */
import { DatabaseSync } from "node:sqlite";
import { FerryError } from "../base/errors.ts";
import { schemaSteps } from "./schema.ts";

/**
 * Opens or creates the database file and brings it to the current schema.
 * @throws FerryError `system-refused` when the file can't be opened, `unsupported` when a newer Ferry wrote it.
 */
export function openDatabase(path: string): DatabaseSync {
  const database = openFile(path);
  try {
    // A torn last write is SQLite's to notice: it drops what was never committed when it reads the log here.
    database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
    );
    requireWhole(database);
    migrate(database, path);
  } catch (error) {
    database.close();
    throw explain(path, error);
  }
  return database;
}

/** Cheap for a database of megabytes, and the last moment at which damage is only a refusal. */
function requireWhole(database: DatabaseSync): void {
  const rows = database.prepare("PRAGMA quick_check(1)").all();
  const said = Object.values(rows[0] ?? {})[0];
  if (said !== "ok") throw new DamagedDatabase(String(said));
}

class DamagedDatabase extends Error {}

/** Results of SQLite, in the words of whoever has to act on them. */
function explain(path: string, error: unknown): unknown {
  if (error instanceof FerryError) return error;
  const { errcode } = error as { errcode?: number };
  const primary = errcode === undefined ? undefined : errcode & 0xff;
  const isDamaged = error instanceof DamagedDatabase || primary === 11 || primary === 26;
  if (isDamaged) {
    return new FerryError(
      "system-refused",
      `Cannot use the state database "${path}": it is damaged`,
      {
        remedy:
          "Copy the state directory away first, then restore its backup; docs/runbooks/database.md says what to look after",
        cause: error,
      },
    );
  }
  const what = primary === 13 ? ": its disk is full" : "";
  return new FerryError("system-refused", `Cannot use the state database "${path}"${what}`, {
    remedy:
      primary === 13
        ? "Make room on its file system, then start the agent again"
        : "Check that the file and its directory belong to the agent's user, and that the disk is sound",
    cause: error,
  });
}

function openFile(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 5000 });
  } catch (cause) {
    throw new FerryError("system-refused", `Cannot open the state database "${path}"`, {
      remedy:
        "Check that the directory exists, belongs to the agent's user and that its disk is not full",
      cause,
    });
  }
}

function migrate(database: DatabaseSync, path: string): void {
  const row = database.prepare("PRAGMA user_version").get() as { user_version: number };
  const present = row.user_version;
  if (present > schemaSteps.length) {
    throw new FerryError(
      "unsupported",
      `Cannot use the state database "${path}": its version is ${present}, this Ferry knows ${schemaSteps.length}`,
      { remedy: "Install the Ferry version that wrote it, or a newer one" },
    );
  }
  for (let step = present; step < schemaSteps.length; step++) {
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(schemaSteps[step] ?? "");
      database.exec(`PRAGMA user_version = ${step + 1}`);
      database.exec("COMMIT");
    } catch (error) {
      rollBack(database);
      throw error;
    }
  }
}

/** SQLite has ended the transaction itself when the disk was full. */
export function rollBack(database: DatabaseSync): void {
  if (database.isTransaction) database.exec("ROLLBACK");
}

/** Runs `body` in one transaction: all of it is durable afterwards, or none. */
export function transaction<Result>(database: DatabaseSync, body: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = body();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}
