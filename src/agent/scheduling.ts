/** Puts together what decides when moves start: the slots of this host, the queue, the drain, and the host's shutdown. */
import type { DatabaseSync } from "node:sqlite";
import { HttpDrainHosts } from "../api/drain-hosts.ts";
import type { PeerClient } from "../api/peer-client.ts";
import type { EventLog } from "../database/event-log.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { endMachine, whyNoPower } from "../host/power.ts";
import { currentBootId } from "../qemu/process-identity.ts";
import { HostShutdown } from "../scheduler/host-shutdown.ts";
import type { Log } from "../base/log.ts";
import { defaultLimits, liveLimits, type MoveLimits } from "../migration/limits.ts";
import type { Migrations } from "../migration/migrations.ts";
import type { Precheck } from "../precheck/precheck.ts";
import type { SlotLink } from "../scheduler/attempts.ts";
import { type Closed, closedFor } from "../scheduler/closed.ts";
import { Drain } from "../scheduler/drain.ts";
import { keptDrain } from "../scheduler/drain-state.ts";
import { limitsNow, minuteOfDay } from "../scheduler/effective-limits.ts";
import { IncomingSlots } from "../scheduler/incoming-slots.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import type { SettingsStore } from "../scheduler/settings-store.ts";
import type { Trust } from "../trust/trust.ts";
import type { LocalVms } from "../vm/local-vms.ts";

export interface SchedulingParts {
  readonly database: DatabaseSync;
  readonly log: Log;
  readonly host: string;
  readonly now: () => number;
  readonly trust: Trust;
  readonly peers: PeerClient;
  readonly vms: LocalVms;
  readonly migrations: Migrations;
  readonly precheck: Precheck;
  readonly events: EventLog;
  readonly settings: SettingsStore;
  readonly cluster: Cluster;
  /** How targets, and the cluster, are asked for a slot. */
  readonly slotLink: SlotLink;
}

export interface Scheduling {
  readonly scheduler: Scheduler;
  readonly slots: IncomingSlots;
  readonly drain: Drain;
  readonly hostShutdown: HostShutdown;
}

export function wireScheduling(parts: SchedulingParts): Scheduling {
  const { database, host, now, trust, peers, migrations, settings } = parts;
  const slots = new IncomingSlots({
    ...{ host, now },
    limits: () => settings.current.settings,
    closed: () => closedNow(database, settings).incoming,
    progressOf: (id) => {
      const record = migrations.find(id);
      if (record === undefined) return "unknown";
      return record.endedAt === null ? "running" : "ended";
    },
    running: () =>
      migrations
        .running("target")
        .map(({ id, source, disks }) => ({ id, source, copiesDisks: disks.length > 0 })),
  });
  const scheduler = new Scheduler({
    ...{ ...parts, slots: parts.slotLink },
    memoryOf: (vm) => (parts.vms.find(vm)?.definition.memory.mib ?? 0) * 1024 ** 2,
  });
  const drain = new Drain({
    ...{ ...parts, scheduler, hosts: new HttpDrainHosts(trust, peers) },
    publish: (event, requestedBy) => parts.events.publish(event, host, { requestedBy }),
  });
  const hostShutdown = new HostShutdown({
    ...{ ...parts, scheduler, drain },
    machine: { bootId: currentBootId, whyNot: whyNoPower, end: endMachine },
    publish: (event, requestedBy) => parts.events.publish(event, host, { requestedBy }),
  });
  return { scheduler, slots, drain, hostShutdown };
}

/** The host's limits for moves, read anew at every use: they follow its settings and the time of day. */
export function hostLimits(settings: SettingsStore, now: () => number): MoveLimits {
  return liveLimits(() =>
    limitsNow(defaultLimits, settings.current.settings, minuteOfDay(new Date(now()))),
  );
}

export function closedNow(database: DatabaseSync, settings: SettingsStore): Closed {
  return closedFor(settings.current.settings, keptDrain(database).read() !== null);
}
