/** Two real agents on this machine, with a pool they share, and the command line as it is used on either. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/agent/config.ts";
import { startAgent } from "../../src/agent/start.ts";
import { run } from "../../src/cli/run.ts";

export interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export async function twoAgents() {
  await using parts = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "ferry-two-"));
  parts.defer(() => rm(directory, { recursive: true }));
  const pool = join(directory, "pool");
  await mkdir(pool);
  const agents = [];
  for (const name of ["host-a", "host-b"]) {
    const config = await configure(join(directory, name), name);
    agents.push(parts.use(await startAgent(loadConfig(config))));
  }
  const [first = "", second = ""] = agents.map(({ socketPath }) => socketPath);
  const environment = { XDG_CONFIG_HOME: directory };
  const close = parts.move();
  return {
    pool,
    directory,
    onA: (...words: string[]) => runWith({ ...environment, FERRY_SOCKET: first }, words),
    onB: (...words: string[]) => runWith({ ...environment, FERRY_SOCKET: second }, words),
    /** From another machine: only what `more` says leads to an agent. */
    remotely: (more: NodeJS.ProcessEnv, ...words: string[]) =>
      runWith({ ...environment, ...more }, words),
    [Symbol.asyncDispose]: () => close.disposeAsync(),
  };
}

async function configure(directory: string, name: string): Promise<string> {
  await mkdir(directory);
  const lanes = await freePort();
  const config = join(directory, "ferryd.yaml");
  const document = {
    name,
    paths: { state: join(directory, "state"), run: join(directory, "run") },
    api: { address: "127.0.0.1", port: await freePort(), advertise: "127.0.0.1" },
    session: { portFirst: lanes, portLast: lanes },
    qemu: { user: null, accelerator: "tcg" },
    log: { level: "error" },
  };
  // YAML contains JSON.
  await writeFile(config, JSON.stringify(document));
  return config;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function runWith(environment: NodeJS.ProcessEnv, words: string[]): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const exit = await run(
    words,
    { out: { write: (text) => out.push(text) }, err: { write: (text) => err.push(text) } },
    environment,
  );
  return { exit, out: out.join(""), err: err.join("") };
}
