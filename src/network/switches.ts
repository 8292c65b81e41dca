/** Virtual switches: names for Linux bridges that the administrator has made. */
import type { DatabaseSync } from "node:sqlite";
import { FerryError } from "../base/errors.ts";
import { findLink, type LinkFacts } from "./ip.ts";

export interface Switch {
  readonly name: string;
  readonly bridge: string;
}

/** What the kernel takes for a device's name (`IFNAMSIZ` without its end). */
const interfaceName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/;

export class Switches {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  list(): Switch[] {
    const rows = this.#database.prepare("SELECT name, bridge FROM switches ORDER BY name").all();
    return rows.map((row) => ({ ...(row as unknown as Switch) }));
  }

  /** @throws FerryError `not-found`. */
  get(name: string): Switch {
    const found = this.find(name);
    if (found !== undefined) return found;
    throw new FerryError("not-found", `Cannot find virtual switch "${name}" on this host`, {
      remedy: "List the switches with: ferry switch list; add it with: ferry switch create",
    });
  }

  find(name: string): Switch | undefined {
    const row = this.#database
      .prepare("SELECT name, bridge FROM switches WHERE name = ?")
      .get(name);
    return row === undefined ? undefined : { ...(row as unknown as Switch) };
  }

  /** @throws FerryError `not-found` when the host has no such bridge, `already-exists`. */
  async add(name: string, bridge: string): Promise<Switch> {
    await requireBridge(bridge);
    if (this.find(name) !== undefined) {
      throw new FerryError("already-exists", `Cannot add virtual switch "${name}": it exists`, {
        remedy: "Choose another name, or remove that switch first",
      });
    }
    this.#database.prepare("INSERT INTO switches (name, bridge) VALUES (?, ?)").run(name, bridge);
    return { name, bridge };
  }

  /** Forgets the switch; the bridge stays. `usedBy`: names of VMs that use it. */
  remove(name: string, usedBy: readonly string[]): void {
    this.get(name);
    if (usedBy.length > 0) {
      throw new FerryError(
        "in-use",
        `Cannot remove virtual switch "${name}": VMs use it: ${usedBy.join(", ")}`,
        { remedy: "Give those VMs another switch first" },
      );
    }
    this.#database.prepare("DELETE FROM switches WHERE name = ?").run(name);
  }
}

/** @throws FerryError `not-found`, `bad-input`. */
export async function requireBridge(bridge: string): Promise<LinkFacts> {
  const link = interfaceName.test(bridge) ? await findLink(bridge) : undefined;
  if (link?.isBridge === true) return link;
  throw new FerryError(
    link === undefined ? "not-found" : "bad-input",
    `Cannot use bridge "${bridge}": ${link === undefined ? "there is no such device" : "the device is not a bridge"}`,
    { remedy: `Make it: ip link add ${bridge} type bridge && ip link set ${bridge} up` },
  );
}
