/** Two ends of a real session on loopback, and the unix sockets at both. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { openSourceSession, openTargetSession } from "../../src/session/open.ts";
import type {
  SessionLimits,
  SourceSessionOptions,
  TargetSession,
  TargetSessionOptions,
} from "../../src/session/options.ts";
import type { MemoryDecoding, MemoryEncoding } from "../../src/session/memory-coding.ts";
import type { BulkStream, Session, SessionEvents } from "../../src/session/session.ts";
import { createDomain, type TestDomain } from "./certificates.ts";

export const log = pino({ level: process.env["FERRY_TEST_LOG"] ?? "silent" });
export const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
/** Away from the default range, so that tests and an agent can run on one machine. */
const ports = { portFirst: 26_601, portLast: 26_699 };

export interface PairOptions {
  readonly lanes?: number;
  readonly limits?: Partial<SessionLimits>;
  /** Where the source connects instead of the target's own port. */
  readonly via?: (port: number) => Promise<number>;
  /** The target's addresses as the source knows them; 127.0.0.1 is its own. */
  readonly addresses?: readonly string[];
  /** Where both ends' threads come from. */
  readonly workers?: SourceSessionOptions["workers"];
}

export interface Pair extends AsyncDisposable {
  readonly directory: string;
  readonly source: Session;
  readonly target: TargetSession;
  /** The test's own sockets; destroyed with the pair, so that a failed test ends too. */
  readonly sockets: Socket[];
}

/** The options of both ends of a session that works; tests change what must not. */
export async function pairOptions(
  pair: PairOptions = {},
): Promise<{ domain: TestDomain; source: SourceSessionOptions; target: TargetSessionOptions }> {
  const domain = await createDomain();
  const [sourceHost, targetHost] = await Promise.all([domain.host(), domain.host()]);
  const common = {
    id: randomUUID(),
    version: 1,
    trust: { domains: [domain.authority] },
    log,
    ...(pair.limits === undefined ? {} : { limits: pair.limits }),
    ...(pair.workers === undefined ? {} : { workers: pair.workers }),
  };
  return {
    domain,
    source: {
      ...common,
      credentials: sourceHost.credentials,
      peer: { domain: domain.id, host: targetHost.id },
      addresses: pair.addresses ?? ["127.0.0.1"],
      port: 0,
      ticket: "",
      lanes: pair.lanes ?? 1,
    },
    target: {
      ...common,
      ...ports,
      credentials: targetHost.credentials,
      peer: { domain: domain.id, host: sourceHost.id },
      addresses: ["127.0.0.1"],
    },
  };
}

export async function openPair(options: PairOptions = {}): Promise<Pair> {
  const ends = await pairOptions(options);
  const directory = await mkdtemp(join(tmpdir(), "ferry-session-"));
  const target = await openTargetSession(ends.target);
  const port = (await options.via?.(target.port)) ?? target.port;
  const source = await openSourceSession({ ...ends.source, port, ticket: target.ticket });
  await target.connected({ timeoutMs: 5_000 });
  const sockets: Socket[] = [];
  return {
    directory,
    source,
    target,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([source.close(), target.close()]);
      await rm(directory, { recursive: true });
    },
  };
}

/** What the next such event of a session says first. */
export function next<Event extends "closed" | "link-lost" | "link-restored" | "load-reported">(
  session: Session,
  event: Event,
): Promise<Parameters<SessionEvents[Event]>[0]> {
  const { promise, resolve } = Promise.withResolvers<Parameters<SessionEvents[Event]>[0]>();
  const listener = (value?: Parameters<SessionEvents[Event]>[0]) => resolve(value);
  session.on(event, listener as SessionEvents[Event]);
  return promise;
}

/**
 * Carries `stream` between two sockets of the test: `near` is as the source's QEMU, which connects to the agent, and
 * `far` as the target's, which listens. Both are paused and may half-close.
 */
export async function carry(
  pair: Pair,
  stream: BulkStream,
  coding: { encoding?: MemoryEncoding; decoding?: MemoryDecoding } = {},
): Promise<{ near: Socket; far: Socket }> {
  const name = stream.replaceAll(":", "-");
  const farPath = join(pair.directory, `${name}.far`);
  const nearPath = join(pair.directory, `${name}.near`);
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(farPath);
  await once(server, "listening");
  const accepted = once(server, "connection");
  await pair.target.carryConnecting(stream, farPath, coding.decoding);
  await pair.source.carryListening(stream, nearPath, owner, coding.encoding);
  const near = connect({ path: nearPath, allowHalfOpen: true });
  const [[far]] = (await Promise.all([accepted, once(near, "connect")])) as [[Socket], unknown];
  server.close();
  near.pause();
  for (const socket of [near, far]) pair.sockets.push(socket.on("error", () => {}));
  return { near, far };
}
