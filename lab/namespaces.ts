/**
 * Network namespaces by name, and what runs in them. Whatever runs in a lab's namespace belongs to the lab, so that
 * a killed run's leftovers are found by where they are: no list of processes to go stale, nothing ended by its name.
 */
import { execFile, spawn, type StdioOptions } from "node:child_process";
import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const namespacesDirectory = "/run/netns";

/** QEMU and agents end within a second when told to; a guest that writes out a disk may take longer. */
const stopMsMax = 10_000;

/** Names of the namespaces that begin so. */
export async function listNamespaces(prefix: string): Promise<string[]> {
  const names = await readdir(namespacesDirectory).catch(() => []);
  return names.filter((name) => name.startsWith(prefix));
}

export async function addNamespace(name: string): Promise<void> {
  await run("ip", ["netns", "add", name]);
  await run("ip", ["-n", name, "link", "set", "lo", "up"]);
}

/** Ends what runs in it, first politely, and removes it with its devices. */
export async function removeNamespace(name: string): Promise<void> {
  const deadline = performance.now() + stopMsMax;
  let signal: NodeJS.Signals = "SIGTERM";
  for (let pids = await processesIn(name); pids.length > 0; pids = await processesIn(name)) {
    if (performance.now() > deadline) signal = "SIGKILL";
    for (const pid of pids) end(pid, signal);
    await sleep(50);
  }
  await run("ip", ["netns", "delete", name]);
}

export async function processesIn(name: string): Promise<number[]> {
  const { stdout } = await run("ip", ["netns", "pids", name]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
}

export function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It is gone already, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * A command line that runs in the namespace. `nsenter` replaces itself by the program, so that the process is the
 * program; `ip netns exec` would also remount /sys, which a user namespace may not.
 */
export function inNamespace(name: string, command: readonly string[]): [string, string[]] {
  return ["nsenter", [`--net=${namespacesDirectory}/${name}`, "--", ...command]];
}

/** Runs a program to its end in the namespace, on the terminal. Resolves to its exit code. */
export async function execInNamespace(
  name: string,
  command: readonly string[],
  environment: NodeJS.ProcessEnv,
  stdio: StdioOptions = "inherit",
): Promise<number> {
  const [program, args] = inNamespace(name, command);
  const child = spawn(program, args, { stdio, env: environment });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on("error", reject);
  child.on("exit", (code) => resolve(code ?? 1));
  return await promise;
}
