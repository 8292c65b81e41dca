/**
 * Starts the agent and keeps it until it is told to stop. Its VMs run on when it stops: their QEMUs are processes of
 * their own, which the next start adopts.
 */
import { join } from "node:path";
import { errorChain, FerryError } from "../base/errors.ts";
import { goFirst } from "../base/priority.ts";
import { createLog } from "../base/log.ts";
import { openDatabase } from "../database/database.ts";
import type { AgentConfig } from "./config.ts";
import { prepareDirectories } from "./directories.ts";
import { lockInstance } from "./instance-lock.ts";
import { keepWatchdog, sayStarting, tellSystemd } from "./readiness.ts";
import { ferryVersion } from "../base/ferry-version.ts";
import { type Agent, wireAgent } from "./wire.ts";

/** Resolves when the agent serves; dispose of it to stop. @throws FerryError with what stands in the way. */
export async function startAgent(config: AgentConfig): Promise<Agent> {
  await using parts = new AsyncDisposableStack();
  const log = createLog(config.log.level, config.name);
  log.info({ version: ferryVersion(), pid: process.pid }, "the agent starts");
  using _starting = sayStarting(log);
  prepareDirectories(config.paths);
  parts.use(lockInstance(config.paths.state));
  const database = openDatabase(join(config.paths.state, "ferry.db"));
  parts.defer(() => database.close());
  const agent = parts.use(await wireAgent(config, database, log));
  parts.use(keepWatchdog(log));
  const close = parts.move();
  log.info({ socket: agent.socketPath }, "the agent serves");
  await tellSystemd("--ready", log);
  return {
    socketPath: agent.socketPath,
    async [Symbol.asyncDispose]() {
      log.info("the agent stops; its VMs run on");
      await tellSystemd("--stopping", log);
      await close.disposeAsync();
    },
  };
}

/** Runs the agent as this process: until SIGTERM or SIGINT. */
export async function runAgent(config: AgentConfig): Promise<void> {
  // Before anything is made: a stop that comes during the start is obeyed when the start is over.
  const stop = stopSignal();
  await goFirst();
  await using _agent = await startAgent(config);
  await stop;
}

function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once("SIGTERM", () => resolve());
  process.once("SIGINT", () => resolve());
  return promise;
}

/** The last words of an agent that could not start, for a person who reads the journal. */
export function describeFailure(error: unknown): string {
  const { message, remedy } = FerryError.from(error);
  const cause =
    error instanceof FerryError && error.cause !== undefined
      ? `\n  ${errorChain(error.cause)}`
      : "";
  return `ferryd: ${message}${cause}${remedy === undefined ? "" : `\n  ${remedy}`}`;
}
