/** One host's agent as a process: started detached, so that it outlives the command that started it, and found again. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiClient } from "../src/api/client.ts";
import { end, inNamespace } from "./namespaces.ts";
import { packedAgent } from "../packaging/packed-programs.ts";
import { patienceMs } from "./patience.ts";

/** Where Node keeps compiled code: agents that start often start three times as fast. */
export const compiled = join(import.meta.dirname, "../.cache/compiled");
const logLinesShown = 12;

export interface AgentPlace {
  readonly namespace: string;
  readonly directory: string;
  readonly socket: string;
  /** The configuration file. */
  readonly config: string;
}

/** A process id alone may be another process's by now; with the time it started it is this one or none. */
interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
}

export class AgentProcess {
  readonly #place: AgentPlace;

  constructor(place: AgentPlace) {
    this.#place = place;
  }

  get log(): string {
    return join(this.#place.directory, "agent.log");
  }

  /**
   * Resolves when the agent answers. Does nothing when it runs already.
   * @param agent The agent to start, where it is not this working copy's.
   */
  async start(environment: NodeJS.ProcessEnv = {}, agent?: string): Promise<void> {
    if ((await this.pid()) !== undefined) return;
    const { namespace, config, directory } = this.#place;
    const log = openSync(this.log, "a");
    const command = [process.execPath, agent ?? (await packedAgent()), "--config", config];
    const [program, args] = inNamespace(namespace, await withOwnFiles(directory, command));
    const child = spawn(program, args, {
      stdio: ["ignore", log, log],
      detached: true,
      cwd: directory,
      // As deploy/ferryd.service has it.
      env: {
        ...{ NODE_COMPILE_CACHE: compiled, MALLOC_ARENA_MAX: "2" },
        ...process.env,
        ...environment,
      },
    });
    closeSync(log);
    const exited = new Promise<string>((resolve) => {
      child.on("exit", (code, signal) => resolve(`ended with ${code ?? signal}`));
      child.on("error", (error) => resolve(error.message));
    });
    child.unref();
    if (child.pid !== undefined) await this.#remember(child.pid);
    const outcome = await Promise.race([this.#answers(), exited]);
    if (outcome !== "answers") throw new Error(await this.#failure(outcome));
  }

  /** Resolves when the process is gone: politely with SIGTERM, as by a crash with SIGKILL. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const pid = await this.pid();
    if (pid === undefined) return;
    end(pid, signal);
    const deadline = performance.now() + patienceMs;
    while ((await this.pid()) !== undefined) {
      if (performance.now() > deadline) throw new Error(await this.#failure("does not stop"));
      await sleep(20);
    }
    await rm(this.#identityFile);
  }

  /** Undefined when the agent does not run. */
  async pid(): Promise<number | undefined> {
    const text = await readFile(this.#identityFile, "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    const { pid, startTicks } = JSON.parse(text) as ProcessIdentity;
    return (await readStartTicks(pid)) === startTicks ? pid : undefined;
  }

  get #identityFile(): string {
    return join(this.#place.directory, "agent.pid");
  }

  async #remember(pid: number): Promise<void> {
    const identity: ProcessIdentity = { pid, startTicks: (await readStartTicks(pid)) ?? "" };
    await writeFile(this.#identityFile, JSON.stringify(identity));
  }

  async #answers(): Promise<string> {
    using client = new ApiClient({ kind: "socket", path: this.#place.socket });
    const deadline = performance.now() + patienceMs;
    while (performance.now() < deadline) {
      const host = await client.call("GET /v1/host").catch(() => undefined);
      if (host !== undefined) return "answers";
      await sleep(30);
    }
    return "does not answer";
  }

  async #failure(outcome: string): Promise<string> {
    const log = await readFile(this.log, "utf8").catch(() => "");
    const last = log.trimEnd().split("\n").slice(-logLinesShown).join("\n");
    return `Cannot use the agent of "${this.#place.directory}": it ${outcome}. Its log ends with:\n${last}`;
  }
}

/** Where a host of a lab keeps its own file, or device, that its agent sees at a path instead of the machine's. */
export function ownFile(directory: string, path: string): string {
  return join(directory, "own-files", path);
}

/** The command with the host's own files in place. Nobody else sees them: the machine's stay as they are. */
async function withOwnFiles(directory: string, command: readonly string[]): Promise<string[]> {
  const root = ownFile(directory, "/");
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory());
  if (files.length === 0) return [...command];
  const mounts = files.flatMap((entry) => {
    const own = join(entry.parentPath, entry.name);
    return [own, join("/", relative(root, own))];
  });
  const script =
    'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit; shift 2; done; shift; exec "$@"';
  const shell = ["sh", "-c", script, "own-files", ...mounts, "--", ...command];
  return ["unshare", "--mount", "--propagation", "slave", ...shell];
}

/** When the process started, in the kernel's ticks since boot; undefined when it is gone or only waits to be reaped. */
export async function readStartTicks(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The program's name, in parentheses, may contain spaces.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === "Z" ? undefined : fields?.[19];
}
