/**
 * The host's settings in its database. Every change raises the generation, and a change must name the one it was made
 * from: of two administrators who change them at the same time, the second is told instead of undoing the first.
 */
import type { DatabaseSync } from "node:sqlite";
import { transaction } from "../database/database.ts";
import { FerryError } from "../base/errors.ts";
import { completeSettings, defaultSettings, type HostSettings, parseSettings } from "./settings.ts";

const key = "host";

export interface StoredSettings {
  /** 0 for the defaults, until they are changed for the first time. */
  readonly generation: number;
  readonly settings: HostSettings;
}

interface Row {
  readonly value: string;
  readonly generation: number;
}

export class SettingsStore {
  readonly #database: DatabaseSync;
  readonly #listeners = new Set<(stored: StoredSettings) => void>();
  #stored: StoredSettings;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#stored = this.#read();
  }

  get current(): StoredSettings {
    return this.#stored;
  }

  /**
   * Replaces the settings. `generation` is the one they were read with; null: whatever it is.
   * @throws FerryError `bad-input`, `stale`.
   */
  replace(document: unknown, generation: number | null): StoredSettings {
    const settings = parseSettings(document);
    this.#stored = transaction(this.#database, () => {
      const present = this.#read();
      if (generation !== null && generation !== present.generation)
        throw stale(generation, present);
      const next = { generation: present.generation + 1, settings };
      this.#database
        .prepare(
          `INSERT INTO settings (key, value, generation) VALUES (?, ?, ?)
           ON CONFLICT (key) DO UPDATE SET value = excluded.value, generation = excluded.generation`,
        )
        .run(key, JSON.stringify(settings), next.generation);
      return next;
    });
    for (const listener of this.#listeners) listener(this.#stored);
    return this.#stored;
  }

  onChange(listener: (stored: StoredSettings) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #read(): StoredSettings {
    const row = this.#database
      .prepare("SELECT value, generation FROM settings WHERE key = ?")
      .get(key) as Row | undefined;
    if (row === undefined) return { generation: 0, settings: defaultSettings };
    return {
      generation: row.generation,
      settings: completeSettings(JSON.parse(row.value) as object),
    };
  }
}

function stale(generation: number, present: StoredSettings): FerryError {
  return new FerryError(
    "stale",
    `Cannot change the host's settings: they are at generation ${present.generation}, yours were read at ${generation}`,
    {
      remedy: "Read them again, look at what somebody else changed, and make your change once more",
    },
  );
}
