/** An NFS server in the hosts' network, in user space (NFS-Ganesha): this machine's kernel need not have one. Its export is `/vms`. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostLab } from "../../lab/hosts/host-lab.ts";
import { end, inNamespace } from "../../lab/namespaces.ts";

export class NfsServer implements AsyncDisposable {
  readonly #directory: string;
  readonly #namespace: string;
  #server: ChildProcess | undefined;

  constructor(lab: HostLab) {
    this.#directory = join(lab.directory, "nfs");
    this.#namespace = lab.namespace;
  }

  async start(): Promise<void> {
    const { exported, recovery, config } = this.#places;
    for (const directory of [exported, recovery]) await mkdir(directory, { recursive: true });
    await chmod(exported, 0o777);
    const blocks = [
      "NFS_CORE_PARAM { Protocols = 4; Bind_addr = 10.88.0.1; Enable_NLM = false; Enable_RQUOTA = false; }",
      // After a restart clients take up what they had before; the shorter, the sooner new files open.
      `NFSv4 { Grace_Period = 10; Lease_Lifetime = 10; RecoveryRoot = "${recovery}"; }`,
      `EXPORT { Export_Id = 1; Path = "${exported}"; Pseudo = /vms; Access_Type = RW; Squash = No_root_squash; SecType = sys; FSAL { Name = VFS; } }`,
    ];
    await writeFile(config, `${blocks.join("\n")}\n`);
    this.#serve();
  }

  /** The server is gone for so long, as when it is restarted. */
  async restart(awayMs: number): Promise<void> {
    await this.#end();
    await sleep(awayMs);
    this.#serve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  get #places() {
    const own = this.#directory;
    return {
      exported: join(own, "vms"),
      recovery: join(own, "recovery"),
      config: join(own, "ganesha.conf"),
      log: join(own, "log"),
      pid: join(own, "pid"),
    };
  }

  #serve(): void {
    const { config, log, pid } = this.#places;
    const command = ["ganesha.nfsd", "-F", "-f", config, "-L", log, "-p", pid];
    const [program, args] = inNamespace(this.#namespace, command);
    const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
    this.#server = spawn(program, args, { stdio: "ignore", env: { ...process.env, PATH } });
  }

  async #end(): Promise<void> {
    const server = this.#server;
    if (server?.pid === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    end(server.pid, "SIGTERM");
    await ended;
  }
}
