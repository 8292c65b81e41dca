/** What the routes stand on; the agent wires it (src/agent/wire.ts). */
import type { Cluster } from "../cluster/cluster.ts";
import type { HostRoom } from "../cluster/parts.ts";
import type { EventLog } from "../database/event-log.ts";
import type { Faults } from "../migration/faults.ts";
import type { Migrations } from "../migration/migrations.ts";
import type { Switches } from "../network/switches.ts";
import type { Precheck } from "../precheck/precheck.ts";
import type { Drain } from "../scheduler/drain.ts";
import type { HostShutdown } from "../scheduler/host-shutdown.ts";
import type { IncomingSlots } from "../scheduler/incoming-slots.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { SettingsStore } from "../scheduler/settings-store.ts";
import type { Pools } from "../storage/pools.ts";
import type { Secrets } from "../storage/secrets.ts";
import type { OwnPlace } from "../trust/issuer.ts";
import type { Trust } from "../trust/trust.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { SerialLogs } from "../vm/serial-logs.ts";
import type { ConsoleSessions } from "./console-sessions.ts";
import type { DomainFeed } from "./domain-feed.ts";
import type { PeerClient } from "./peer-client.ts";
import type { PeerSessions } from "./peer-sessions.ts";
import type { Host } from "./schema/host.ts";
import type { Tokens } from "./tokens.ts";

export interface Services {
  /** This host's name and what runs on it. */
  readonly self: { readonly name: string; readonly version: string; readonly startedAt: number };
  readonly now: () => number;
  readonly trust: Trust;
  readonly peers: PeerClient;
  readonly vms: LocalVms;
  readonly pools: Pools;
  readonly switches: Switches;
  readonly secrets: Secrets;
  readonly migrations: Migrations;
  readonly precheck: Precheck;
  readonly settings: SettingsStore;
  readonly scheduler: Scheduler;
  readonly slots: IncomingSlots;
  /** Bytes for VMs that come to this host, beside those that are coming already. */
  readonly freeMemory: () => Promise<number>;
  readonly drain: Drain;
  readonly hostShutdown: HostShutdown;
  readonly cluster: Cluster;
  /** What this host has left for VMs of the cluster. */
  readonly clusterRoom: () => Promise<HostRoom>;
  readonly sessions: PeerSessions;
  readonly events: EventLog;
  readonly tokens: Tokens;
  readonly consoleSessions: ConsoleSessions;
  /** What happens on every host of the domain. */
  readonly domainFeed: DomainFeed;
  readonly serialLogs: SerialLogs;
  readonly faults: Faults;
  /** What the machine is, read anew. */
  readonly machine: () => Promise<Machine>;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** The TLS port: opened before the host enters a domain, so that a port that is taken stops it. */
  readonly door: Door;
}

export type Machine = Omit<
  Host,
  "id" | "name" | "domain" | "version" | "startedAt" | "now" | "vms"
>;

export interface Door {
  /** Listens; where other hosts then reach this one. @throws FerryError `in-use`, `system-refused`. */
  open(): Promise<OwnPlace>;
  /** Where it is open. @throws FerryError `domain-missing` while it is not. */
  place(): OwnPlace;
  /** Stops listening when the host entered no domain after all. */
  closeIfUnused(): Promise<void>;
}
