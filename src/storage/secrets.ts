/**
 * What a storage array wants to be told before it gives a LUN: CHAP users and passwords, by a name that VM definitions use.
 * Each host keeps its own, in files that only the agent's user reads; they leave it only towards the VM's QEMU.
 */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import Type from "typebox";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { writeSecretFile } from "../trust/atomic-file.ts";
import { Name } from "../vm/definition.ts";

export const ChapSecret = Type.Object(
  {
    user: Type.String({ pattern: "^[\\x21-\\x7e]{1,255}$" }),
    /** Twelve characters are the least that RFC 7143 allows without IPsec. */
    password: Type.String({ pattern: "^[\\x20-\\x7e]{12,255}$" }),
  },
  { additionalProperties: false },
);
export type ChapSecret = Type.Static<typeof ChapSecret>;

const suffix = ".json";

export class Secrets {
  readonly #directory: string;

  /** @param state The agent's state directory. */
  constructor(state: string) {
    this.#directory = join(state, "secrets");
  }

  async list(): Promise<{ name: string; user: string }[]> {
    const files = await readdir(this.#directory).catch(() => []);
    const names = files
      .filter((file) => file.endsWith(suffix))
      .map((file) => file.slice(0, -suffix.length))
      .sort();
    return Promise.all(names.map(async (name) => ({ name, user: (await this.get(name)).user })));
  }

  async set(name: string, secret: ChapSecret): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    writeSecretFile(this.#path(name), JSON.stringify(secret));
  }

  /** @throws FerryError `not-found`. */
  async get(name: string): Promise<ChapSecret> {
    const text = await readFile(this.#path(name), "utf8").catch(() => undefined);
    if (text !== undefined) return Value.Parse(ChapSecret, JSON.parse(text));
    throw new FerryError("not-found", `Cannot find secret "${name}" on this host`, {
      remedy: `Give it to this host: ferry secret set ${name} --user USER; every host of the VM needs it`,
    });
  }

  /** `usedBy`: names of VMs whose LUNs need it. @throws FerryError `not-found`, `in-use`. */
  async remove(name: string, usedBy: readonly string[]): Promise<void> {
    await this.get(name);
    if (usedBy.length > 0) {
      const users = usedBy.join(", ");
      throw new FerryError("in-use", `Cannot remove secret "${name}": VMs use it: ${users}`, {
        remedy: "Delete those VMs or their LUNs first",
      });
    }
    await rm(this.#path(name));
  }

  #path(name: string): string {
    const isName: boolean = Value.Check(Name, name);
    if (!isName) throw new FerryError("bad-input", `Cannot use "${name}" as a secret's name`);
    return join(this.#directory, `${name}${suffix}`);
  }
}
