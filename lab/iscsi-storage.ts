/**
 * An iSCSI storage in a lab: tgtd (Debian's `tgt`), in user space and in the client's namespace, where every host reaches it
 * at 10.77.0.200. And QEMU's own initiator beside the lab's QEMU, where that is an unpacked one.
 */
import { execFile, spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { copyFile, mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { unpackPackages } from "./guest-image/debian-packages.ts";
import type { Lab } from "./lab.ts";
import { inNamespace } from "./namespaces.ts";
import { clientAddress, clientName, namespaceOf } from "./topology.ts";
import { patienceMs } from "./patience.ts";

const run = promisify(execFile);
const cache = join(import.meta.dirname, "../.cache");
const initiator = "block-iscsi.so";

export interface LabTarget {
  /** An IQN. */
  readonly name: string;
  readonly lunMib: number;
  /** Absent: whoever asks gets in. */
  readonly chap?: { readonly user: string; readonly password: string };
}

export class IscsiStorage {
  readonly portal = `${clientAddress}:3260`;
  readonly #lab: Lab;
  readonly #node: string;
  #targets = 0;

  private constructor(lab: Lab, node: string) {
    this.#lab = lab;
    this.#node = node;
  }

  /** Starts the daemon; it ends with the lab. `node`: where in the lab, if not beside the client; the address must be there. */
  static async start(lab: Lab, node = clientName): Promise<IscsiStorage> {
    await takeInitiator(lab);
    const storage = new IscsiStorage(lab, node);
    const log = openSync(join(lab.directory, `tgtd-${node}.log`), "a");
    const [program, args] = storage.#command(["tgtd", "-f", "--iscsi", `portal=${storage.portal}`]);
    const child = spawn(program, args, {
      ...{ stdio: ["ignore", log, log], detached: true, env: storage.#environment },
    });
    child.on("error", () => undefined);
    child.unref();
    closeSync(log);
    const deadline = performance.now() + patienceMs;
    while (!(await storage.#answers())) {
      if (performance.now() > deadline) throw new Error("Cannot start tgtd: it does not answer");
      await sleep(50);
    }
    return storage;
  }

  /** A target with one LUN, number 1, of zeros. Resolves to the path of the file that holds it. */
  async addTarget({ name, lunMib, chap }: LabTarget): Promise<string> {
    const tid = String(++this.#targets);
    const file = join(this.#lab.directory, `lun-${this.#node}-${tid}.img`);
    await writeFile(file, "");
    await truncate(file, lunMib * 2 ** 20);
    await this.#tell("new", "target", "--tid", tid, "-T", name);
    await this.#tell("new", "logicalunit", "--tid", tid, "--lun", "1", "-b", file);
    await this.#tell("bind", "target", "--tid", tid, "-I", "ALL");
    if (chap !== undefined) {
      await this.#tell("new", "account", "--user", chap.user, "--password", chap.password);
      await this.#tell("bind", "account", "--tid", tid, "--user", chap.user);
    }
    return file;
  }

  /** The names under which initiators are logged in to the target that was added as the nth, from 1. */
  async initiators(target: number): Promise<string[]> {
    const shown = await this.#tell("show", "conn", "--tid", String(target));
    return [...shown.matchAll(/Initiator: (\S+)/g)].map((match) => match[1] ?? "");
  }

  async #answers(): Promise<boolean> {
    return await this.#tell("show", "target").then(
      () => true,
      () => false,
    );
  }

  async #tell(operation: string, mode: string, ...args: string[]): Promise<string> {
    const command = ["tgtadm", "--lld", "iscsi", "--op", operation, "--mode", mode, ...args];
    const [program, all] = this.#command(command);
    const { stdout } = await run(program, all, { env: this.#environment });
    return stdout;
  }

  #command(command: readonly string[]): [string, string[]] {
    return inNamespace(namespaceOf(this.#lab.name, this.#node), command);
  }

  /** Labs beside each other have daemons of their own. */
  get #environment(): NodeJS.ProcessEnv {
    const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
    return {
      ...process.env,
      PATH,
      TGT_IPC_SOCKET: join(this.#lab.directory, `tgtd-${this.#node}.sock`),
    };
  }
}

/** The machine's own QEMU has its initiator from Debian; an unpacked one looks for it in `qemu-bundle` beside its binary. */
async function takeInitiator(lab: Lab): Promise<void> {
  if (!existsSync(join(lab.directory, "qemu"))) return;
  const suite = (await readdir(join(cache, "qemu"))).find((name) => name.endsWith("-backports"));
  if (suite === undefined) throw new Error("Cannot find which QEMU this lab has unpacked");
  const triplet = `${process.arch === "x64" ? "x86_64" : "aarch64"}-linux-gnu`;
  const kept = join(cache, "qemu-modules", suite);
  if (!existsSync(join(kept, initiator))) {
    const tree = join(cache, `qemu-modules.${process.pid}`);
    const archives = join(cache, "debian-packages", suite);
    await unpackPackages(["qemu-block-extra"], { archives, tree, suite });
    await mkdir(kept, { recursive: true });
    await copyFile(join(tree, "usr/lib", triplet, "qemu", initiator), join(kept, initiator));
    await rm(tree, { recursive: true });
  }
  const place = join(lab.directory, "qemu/qemu-bundle/usr/lib", triplet, "qemu");
  // A QEMU that runs has it mapped: written anew, it would fall out from under it.
  if (existsSync(join(place, initiator))) return;
  await mkdir(place, { recursive: true });
  await copyFile(join(kept, initiator), join(place, initiator));
}
