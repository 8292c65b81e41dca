/**
 * Labs without root. What needs it (namespaces, bridges, taps) an ordinary user may do in a user namespace, where the
 * kernel allows one. A process that only sleeps holds the namespace between commands, each of which runs itself again
 * inside; it ends with the last lab.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { access, constants, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { readStartTicks } from "./agent-process.ts";
import { end } from "./namespaces.ts";

const run = promisify(execFile);
const holderFile = `/tmp/ferry-lab-holder-${process.getuid?.() ?? 0}.json`;
/** In its own mount namespace, /run can be our own, and with it the names of network namespaces. */
const holderScript =
  "mount -t tmpfs tmpfs /run && mkdir /run/netns && echo ready && exec sleep infinity";

interface Holder {
  readonly pid: number;
  readonly startTicks: string;
  /** As /proc shows it: `user:[4026532301]`. */
  readonly userNamespace: string;
}

/**
 * Runs this program again as root of a user namespace. Resolves to its exit code, or to undefined when this process is
 * root already and shall go on itself.
 */
export async function rerunAsLabRoot(): Promise<number | undefined> {
  if (process.getuid?.() === 0) return undefined;
  await requireTapDevice();
  const holder = (await findHolder()) ?? (await startHolder());
  const enter = enterArguments(holder);
  const child = spawn("nsenter", [...enter, process.execPath, ...process.argv.slice(1)], {
    stdio: "inherit",
  });
  // Ctrl-C reaches the child by itself; it cleans up and ends, and so do we.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  const exitCode = await exitCodeOf(child);
  const { stdout } = await run("nsenter", [...enter, "ls", "/run/netns"]);
  if (stdout.trim() === "") {
    end(holder.pid, "SIGKILL");
    await rm(holderFile, { force: true });
  }
  return exitCode;
}

async function requireTapDevice(): Promise<void> {
  const allowed = await access("/dev/net/tun", constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (allowed) return;
  throw new Error(
    "Cannot run a lab as an ordinary user: /dev/net/tun is not open to all users, as it is on Debian. " +
      "Run it as root, or as root: chmod 666 /dev/net/tun",
  );
}

function enterArguments({ pid }: Holder): string[] {
  const namespaces = ["--user", "--mount", "--net"];
  return [
    `--target=${pid}`,
    ...namespaces,
    "--preserve-credentials",
    `--wd=${process.cwd()}`,
    "--",
  ];
}

async function findHolder(): Promise<Holder | undefined> {
  const holder = await readHolder();
  if (holder === undefined) return undefined;
  return (await readStartTicks(holder.pid)) === holder.startTicks ? holder : undefined;
}

async function readHolder(): Promise<Holder | undefined> {
  const text = await readFile(holderFile, "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Holder);
}

async function startHolder(): Promise<Holder> {
  await removeLeftovers();
  const flags = ["--user", "--map-root-user", "--mount", "--net"];
  const child = spawn("unshare", [...flags, "--", "sh", "-c", holderScript], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const ready = new Promise<boolean>((resolve) => {
    child.stdout.once("data", () => resolve(true));
    child.on("error", () => resolve(false));
    child.on("exit", () => resolve(false));
  });
  if (!(await ready) || child.pid === undefined) {
    throw new Error(
      "Cannot run a lab as an ordinary user: this kernel allows no user namespace. " +
        "Run it as root, or allow them: sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000",
    );
  }
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
  const holder: Holder = {
    pid: child.pid,
    startTicks: (await readStartTicks(child.pid)) ?? "",
    userNamespace: await readlink(`/proc/${child.pid}/ns/user`),
  };
  await writeFile(holderFile, JSON.stringify(holder), { mode: 0o600 });
  return holder;
}

/**
 * A holder that was killed took the namespaces' names with it, not what runs in them: end what is in its user
 * namespace and has to do with a lab. Either alone could be somebody else's by now.
 */
async function removeLeftovers(): Promise<void> {
  const former = await readHolder();
  if (former === undefined) return;
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const namespace = await readlink(`/proc/${entry}/ns/user`).catch(() => "");
    if (namespace !== former.userNamespace) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, "latin1").catch(() => "");
    if (command.includes("/tmp/ferry-lab-")) end(Number(entry), "SIGKILL");
  }
}

async function exitCodeOf(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on("error", reject);
  child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  return await promise;
}
