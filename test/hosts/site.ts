/** What the cases have in common: two whole hosts with the package, one domain, a guest's kernel, and a server with shares. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { HostLab } from "../../lab/hosts/host-lab.ts";
import type { OutsideClient } from "../../lab/client/outside-client.ts";
import type { Shell } from "../../lab/hosts/shell.ts";
import { end, inNamespace } from "../../lab/namespaces.ts";
import type { NfsServer } from "./nfs-server.ts";

const run = promisify(execFile);
/** One long limit for all that is waited for: emulated hosts are slow, and a busy machine makes them slower. */
export const patienceMs = 15 * 60_000;
/** Each look starts a program on a host that is slow at it, and has better things to do. */
const lookEveryMs = 3_000;

export interface Site {
  readonly lab: HostLab;
  readonly a: Shell;
  readonly b: Shell;
  /** On this machine, in the hosts' network. */
  readonly client: OutsideClient;
  readonly shares: Shares;
  readonly nfs: NfsServer;
  /** The package, a path on this machine. */
  readonly packageFile: string;
  readonly patienceMs: number;
}

/** Runs the command until it says what is wanted; what it said last is in the error. */
export async function until(host: Shell, command: string, wanted: RegExp): Promise<string> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const { stdout, stderr } = await host.try(command);
    if (wanted.test(stdout)) return stdout;
    if (performance.now() > deadline) {
      throw new Error(`"${command}" never said ${String(wanted)}: ${stdout}${stderr}`);
    }
    await sleep(lookEveryMs);
  }
}

/** Any host may be asked where a VM runs. */
export async function runsOn(asked: Shell, vm: string, host: string): Promise<void> {
  await until(asked, "ferry vm list", new RegExp(`^${vm} +running +${host}\\b`, "m"));
}

/** The command must fail, and say why. */
export async function refused(host: Shell, command: string, wanted: RegExp): Promise<void> {
  const { exitCode, stdout, stderr } = await host.try(command);
  const said = `${stdout}${stderr}`;
  if (exitCode === 0) throw new Error(`"${command}" was not refused: ${said}`);
  if (!wanted.test(said)) throw new Error(`"${command}" did not say ${String(wanted)}: ${said}`);
}

/** The newest move of a VM, as the domain's history has it. */
export async function lastMove(host: Shell, vm: string): Promise<MoveRecord> {
  return JSON.parse(await host.run(`ferry migration show ${vm} --json`)) as MoveRecord;
}

export interface MoveRecord {
  readonly id: string;
  readonly state: string;
  readonly wireBytes: number;
  readonly blackout: { readonly totalMs: number } | null;
}

/** Samba in the hosts' network: `vms` for a user with a password, `half` which one host may only read. */
export class Shares implements AsyncDisposable {
  static readonly password = "it is only a lab";
  readonly #directory: string;
  readonly #namespace: string;
  #server: ChildProcess | undefined;

  constructor(lab: HostLab) {
    this.#directory = join(lab.directory, "samba");
    this.#namespace = lab.namespace;
  }

  async start(): Promise<void> {
    const { own, config } = this.#places;
    for (const share of ["vms", "half"]) {
      await mkdir(join(own, share), { recursive: true });
      await chmod(join(own, share), 0o777);
    }
    const kept = ["private dir", "lock directory", "state directory", "cache directory"];
    const settings = [
      ...[
        "[global]",
        "server role = standalone server",
        "disable netbios = yes",
        "smb ports = 445",
      ],
      ...["interfaces = 10.88.0.1", "bind interfaces only = yes", `log file = ${join(own, "log")}`],
      ...[...kept, "pid directory"].map((place) => `${place} = ${own}`),
      ...[`ncalrpc dir = ${join(own, "ncalrpc")}`, "server multi channel support = yes"],
      ...["[vms]", `path = ${join(own, "vms")}`, "read only = no", "force user = root"],
      ...["[half]", `path = ${join(own, "half")}`, "read only = no", "force user = root"],
      `include = ${join(own, "client-%I.conf")}`,
    ];
    await writeFile(config, `${settings.join("\n")}\n`);
    await writeFile(join(own, "client-10.88.0.12.conf"), "read only = yes\n");
    const answer = `${Shares.password}\n${Shares.password}\n`;
    const password = run("smbpasswd", ["-c", config, "-s", "-a", "root"]);
    password.child.stdin?.end(answer);
    await password;
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
    return { own: this.#directory, config: join(this.#directory, "smb.conf") };
  }

  #serve(): void {
    const command = ["smbd", "-F", "--no-process-group", "-s", this.#places.config];
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
