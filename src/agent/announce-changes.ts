/** Turns what happens to VMs, migrations and trust into events for those who watch. */
import { vmAnswer } from "../api/routes/vm-answer.ts";
import type { EventLog } from "../database/event-log.ts";
import type { MigrationRecord } from "../migration/record.ts";
import type { SettingsStore } from "../scheduler/settings-store.ts";
import type { Trust } from "../trust/trust.ts";
import type { LocalVms } from "../vm/local-vms.ts";

export function announceVms(vms: LocalVms, events: EventLog, host: string): () => void {
  return vms.onChange(({ kind, id, record }) => {
    events.publish(`vm.${kind}`, id, record === null ? null : vmAnswer(record, host));
  });
}

export function announceTrust(trust: Trust, events: EventLog): () => void {
  return trust.onChange((change) => {
    if (change === "roster") {
      const { domain, version } = trust.roster;
      events.publish("roster.changed", domain, { version });
    } else if (change === "certificate") {
      events.publish("certificate.renewed", trust.member().host.id, {});
    }
  });
}

export function announceHost(settings: SettingsStore, events: EventLog, host: string): () => void {
  return settings.onChange((stored) => events.publish("host.settings-changed", host, stored));
}

/** People see ten a second as movement; more would only be work. */
const progressEveryMs = 100;

/**
 * A publisher of migration records. A change of state or stage is an event to keep; all between is progress, which is
 * told at most every `progressEveryMs` and not kept.
 */
export function migrationAnnouncer(
  events: EventLog,
  now: () => number,
): (record: MigrationRecord) => void {
  const told = new Map<string, { milestone: string; at: number }>();
  return (record) => {
    const milestone = `${record.state} ${record.stage} ${record.cancellable}`;
    const last = told.get(record.id);
    if (last?.milestone !== milestone) {
      events.publish("migration.changed", record.id, record);
      if (record.endedAt !== null) told.delete(record.id);
      else told.set(record.id, { milestone, at: now() });
    } else if (record.state === "queued" || now() - last.at >= progressEveryMs) {
      // What a queued move waits for changes seldom, and the last change must not be the one that is left out.
      last.at = now();
      events.broadcast("migration.progress", record.id, record);
    }
  };
}
