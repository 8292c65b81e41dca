/**
 * Two hosts in one process with real QEMUs, real sessions over TLS and a pool they share; only the peer API is a direct call.
 * For claims about the engine; the whole agent is tested in test/agent/.
 */
import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { FerryError } from "../../src/base/errors.ts";
import { Faults } from "../../src/migration/faults.ts";
import { defaultLimits, type MoveLimits } from "../../src/migration/limits.ts";
import { Migrations } from "../../src/migration/migrations.ts";
import type { PeerLink, SessionRequest } from "../../src/migration/peer-link.ts";
import type { MigrationRecord } from "../../src/migration/record.ts";
import { currentVersion } from "../../src/protocol/version.ts";
import { openSourceSession, openTargetSession } from "../../src/session/open.ts";
import type { Session } from "../../src/session/session.ts";
import type { HostPaths } from "../../src/vm/places.ts";
import { createDomain, type TestDomain, type TestHost as Member } from "../session/certificates.ts";
import { quietLog, TestHost } from "../vm/host.ts";

/** Two networks, as far as sessions can tell. */
const networks = ["127.0.0.1", "127.0.0.2"];

export class MovingHost implements AsyncDisposable {
  readonly name: string;
  readonly host: TestHost;
  readonly member: Member;
  /** Undone twice, so that every test shows that it bears it. */
  readonly faults = new Faults("repeat");
  /** Sessions opened from here, newest last. */
  readonly sessions: Session[] = [];
  readonly #domain: TestDomain;
  #migrations: Migrations | undefined;
  other: MovingHost | undefined;
  /** Told of each end of a session at this host, before anything was said. */
  sessionOpened: (session: Session, role: "source" | "target") => void = () => {};
  /** False: the peer API does not reach this host. */
  reachable = true;
  limits: MoveLimits = { ...defaultLimits, takeRetryMs: 50 };

  constructor(name: string, host: TestHost, member: Member, domain: TestDomain) {
    this.name = name;
    this.host = host;
    this.member = member;
    this.#domain = domain;
  }

  get migrations(): Migrations {
    if (this.#migrations === undefined) throw new Error(`the agent of ${this.name} is not started`);
    return this.#migrations;
  }

  startMigrations(): void {
    const { host, faults, limits, name } = this;
    this.#migrations = new Migrations({
      ...{
        database: host.database,
        log: quietLog,
        host: name,
        vms: host.vms,
        switches: host.switches,
      },
      ...{ peers: this.#peers(), faults, limits, publish: (record) => this.#tell(record) },
    });
  }

  readonly #watchers = new Set<(record: MigrationRecord) => void>();

  #tell(record: MigrationRecord): void {
    for (const watcher of this.#watchers) watcher(record);
  }

  /** Resolves with the first record that the predicate accepts. */
  async until(id: string, accept: (record: MigrationRecord) => boolean): Promise<MigrationRecord> {
    const { promise, resolve } = Promise.withResolvers<MigrationRecord>();
    const watcher = (record: MigrationRecord): void => {
      if (record.id === id && accept(record)) resolve(record);
    };
    this.#watchers.add(watcher);
    const present = this.migrations.find(id);
    if (present !== undefined) watcher(present);
    try {
      return await promise;
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  /** A session of its own making, for a source that keeps to nothing. */
  async openSession(request: SessionRequest): Promise<Session> {
    const { signal } = new AbortController();
    return await this.#peers().openSession("", request, {
      everyNetwork: false,
      wayBytesPerSecond: null,
      signal,
    });
  }

  async ended(id: string): Promise<MigrationRecord> {
    await this.until(id, (record) => record.endedAt !== null);
    return this.migrations.get(id);
  }

  /** As `ended`; the target's half, which goes on after the source's, is over too. */
  async over(id: string): Promise<MigrationRecord> {
    const record = await this.ended(id);
    if (this.other?.migrations.find(id) !== undefined) await this.other.ended(id);
    return record;
  }

  #peers(): PeerLink {
    const peer = (): MovingHost => {
      if (this.other?.reachable) return this.other;
      throw new FerryError("unreachable", `Cannot reach the peer of ${this.name}`);
    };
    return {
      openSession: async (_host, request, { everyNetwork }) => {
        const there = peer();
        const common = { id: randomUUID(), version: currentVersion, log: quietLog };
        const trust = { domains: [this.#domain.authority] };
        const identity = (member: Member) => ({ domain: this.#domain.id, host: member.id });
        const target = await openTargetSession({
          ...common,
          ...{ credentials: there.member.credentials, trust, peer: identity(this.member) },
          ...{ addresses: networks, portFirst: 21000, portLast: 21100 },
        });
        const { port, ticket } = target;
        there.sessionOpened(target, "target");
        there.migrations.accept(request, this.name, target);
        const source = await openSourceSession({
          ...common,
          ...{ credentials: this.member.credentials, trust, peer: identity(there.member) },
          ...{ addresses: networks, port, ticket, lanes: everyNetwork ? networks.length : 1 },
        });
        this.sessions.push(source);
        this.sessionOpened(source, "source");
        return source;
      },
      status: async (_host, id) => peer().migrations.peerStatusInFull(id),
      take: async (_host, id, generation) => peer().migrations.peerTake(id, generation, this.name),
      discard: async (_host, id) => peer().migrations.peerDiscard(id, this.name),
      disown: async (_host, id) => peer().migrations.peerDisown(id, this.name),
    };
  }

  /** The agent dies and comes back: what it knew is gone, QEMUs run on. */
  async restartAgent(): Promise<void> {
    await this.#migrations?.[Symbol.asyncDispose]();
    await this.host.restartAgent();
    this.startMigrations();
    await this.migrations.recover();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#migrations?.[Symbol.asyncDispose]();
    await this.host[Symbol.asyncDispose]();
  }
}

/** `trees`: by host name, where its devices are shown, when not by the kernel. */
export async function twoHosts(
  directory: string,
  trees: Readonly<Record<string, Partial<HostPaths>>> = {},
): Promise<{ a: MovingHost; b: MovingHost }> {
  const domain = await createDomain();
  const shared = join(directory, "shared");
  await mkdir(shared, { mode: 0o777 });
  const make = async (name: string): Promise<MovingHost> => {
    const host = await TestHost.make(name, directory, {}, trees[name]);
    await host.pools.add("vms", shared);
    return new MovingHost(name, host, await domain.host(), domain);
  };
  const [a, b] = [await make("host-a"), await make("host-b")];
  a.other = b;
  b.other = a;
  a.startMigrations();
  b.startMigrations();
  return { a, b };
}
