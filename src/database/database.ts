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
    database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
    );
    migrate(database, path);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
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
      database.exec("ROLLBACK");
      throw error;
    }
  }
}

/** Runs `body` in one transaction: all of it is durable afterwards, or none. */
export function transaction<Result>(database: DatabaseSync, body: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = body();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}
