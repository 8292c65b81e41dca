/**
 * An SMB share in a lab: Samba in the client's namespace, mounted on the hosts by FUSE (smbnetfs), which needs nothing of the
 * kernel but FUSE: development machines' kernels lack cifs.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Lab } from "./lab.ts";
import { end, inNamespace } from "./namespaces.ts";
import { clientAddress, clientName, namespaceOf } from "./topology.ts";
import { patienceMs } from "./patience.ts";

const run = promisify(execFile);

export class SmbShare implements AsyncDisposable {
  /** Where the server has the share's files. */
  readonly directory: string;
  readonly #lab: Lab;
  readonly #mounts: string[] = [];
  /** What serves each host's mount. */
  readonly #clients = new Map<string, ChildProcess>();
  #server: ChildProcess | undefined;

  private constructor(lab: Lab) {
    this.#lab = lab;
    this.directory = join(lab.directory, "share");
  }

  /** Starts the server; it ends with the lab. Mounts have to go before that: dispose of this first. */
  static async start(lab: Lab): Promise<SmbShare> {
    const share = new SmbShare(lab);
    const own = join(lab.directory, "samba");
    await mkdir(own, { recursive: true });
    await mkdir(share.directory, { recursive: true });
    await chmod(share.directory, 0o777);
    const places = [
      "private dir",
      "lock directory",
      "state directory",
      "cache directory",
      "pid directory",
    ];
    const settings = [
      "[global]",
      "server role = standalone server",
      "map to guest = bad user",
      "disable netbios = yes",
      "smb ports = 445",
      `interfaces = ${clientAddress}`,
      `ncalrpc dir = ${join(own, "ncalrpc")}`,
      `log file = ${join(lab.directory, "smbd.log")}`,
      ...places.map((place) => `${place} = ${own}`),
      "[vms]",
      `path = ${share.directory}`,
      "guest ok = yes",
      "read only = no",
      "force user = root",
    ];
    await writeFile(join(own, "smb.conf"), `${settings.join("\n")}\n`);
    const command = ["smbd", "-F", "--no-process-group", "-s", join(own, "smb.conf")];
    share.#server = share.#spawn(clientName, command, {});
    return share;
  }

  /** Mounts the share for a host and resolves to the share's directory there. */
  async mount(host: string): Promise<string> {
    const home = join(this.#lab.directory, host, "smb");
    const mounted = join(home, "mnt");
    await mkdir(join(home, ".smb"), { recursive: true });
    await mkdir(mounted);
    const config = join(home, ".smb/smbnetfs.conf");
    await writeFile(config, "", { mode: 0o600 });
    const client = "[global]\nclient min protocol = SMB2\nname resolve order = host\n";
    await writeFile(join(home, ".smb/smb.conf"), client, { mode: 0o600 });
    const options = `allow_other,config=${config}`;
    this.#mounts.push(mounted);
    const command = ["smbnetfs", mounted, "-f", "-o", options];
    this.#clients.set(host, this.#spawn(host, command, { HOME: home }));
    const directory = join(mounted, clientAddress, "vms");
    const deadline = performance.now() + patienceMs;
    // The server is named by its address: the directory is there once it answers.
    while (
      !(await readdir(directory).then(
        () => true,
        () => false,
      ))
    ) {
      if (performance.now() > deadline) throw new Error(`Cannot mount the share for ${host}`);
      await sleep(100);
    }
    return directory;
  }

  /** Whoever touches the host's mount waits from now on, or no longer. */
  hang(host: string, hangs: boolean): void {
    this.#clients.get(host)?.kill(hangs ? "SIGSTOP" : "SIGCONT");
  }

  async unmount(host: string): Promise<void> {
    await run("umount", ["-l", join(this.#lab.directory, host, "smb/mnt")]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const mount of this.#mounts) await run("umount", ["-l", mount]).catch(() => undefined);
    if (this.#server?.pid !== undefined) end(this.#server.pid, "SIGTERM");
  }

  #spawn(node: string, command: readonly string[], environment: NodeJS.ProcessEnv): ChildProcess {
    const log = openSync(join(this.#lab.directory, `${command[0] ?? ""}.out`), "a");
    const [program, args] = inNamespace(namespaceOf(this.#lab.name, node), command);
    const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
    const env = { ...process.env, PATH, ...environment };
    const child = spawn(program, args, { stdio: ["ignore", log, log], detached: true, env });
    child.on("error", () => undefined);
    child.unref();
    closeSync(log);
    return child;
  }
}
