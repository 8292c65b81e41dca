/**
 * Opening a session. The target listens first and hands out a port and a ticket; the source connects to them. Each
 * call takes a worker thread that owns the session's sockets until it is closed.
 */
import { randomBytes } from "node:crypto";
import type { Worker } from "node:worker_threads";
import { invariant } from "../base/invariant.ts";
import { sessionLimits } from "./limits.ts";
import type { SourceSessionOptions, TargetSession, TargetSessionOptions } from "./options.ts";
import { RemoteSession } from "./remote-session.ts";
import type { Session } from "./session.ts";
import { endWorker, startWorker } from "./spare-workers.ts";
import { TargetRemoteSession } from "./target-remote-session.ts";
import type { SourceSettings, TargetSettings } from "./worker-messages.ts";

/**
 * Resolves once the first lane is up.
 *
 * @throws FerryError `unreachable` when no lane came up in time, `peer-refused` when another host answered or this
 *   one was refused.
 */
export async function openSourceSession(options: SourceSessionOptions): Promise<Session> {
  invariant(options.addresses.length > 0, "a source is given an address of its target");
  const settings: SourceSettings = {
    ...commonSettings(options),
    role: "source",
    addresses: options.addresses,
    port: options.port,
    ticket: options.ticket,
    lanes: options.lanes ?? 1,
  };
  return opened(new RemoteSession(settings, options.log, ...workerFor(options)));
}

/**
 * Resolves once the worker listens; the source's lanes come later (`connected`).
 *
 * @throws FerryError `in-use` when no port of the range is free, `system-refused` when the system refuses to listen.
 */
export async function openTargetSession(options: TargetSessionOptions): Promise<TargetSession> {
  const ticket = randomBytes(32).toString("base64url");
  const settings: TargetSettings = {
    ...commonSettings(options),
    role: "target",
    addresses: options.addresses,
    portFirst: options.portFirst,
    portLast: options.portLast,
    ticket,
  };
  return opened(new TargetRemoteSession(settings, options.log, ...workerFor(options)));
}

async function opened<Opening extends RemoteSession>(session: Opening): Promise<Opening> {
  try {
    await session.opened();
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

function workerFor({
  workers,
}: SourceSessionOptions | TargetSessionOptions): [Worker, (worker: Worker) => void] {
  if (workers === undefined) return [startWorker(), endWorker];
  return [workers.take(), (worker) => workers.giveBack(worker)];
}

function commonSettings(options: SourceSessionOptions | TargetSessionOptions) {
  const { id, version, credentials, trust, peer, limits } = options;
  return { id, version, credentials, trust, peer, limits: { ...sessionLimits, ...limits } };
}
