/** Figures for Prometheus. Labels come from closed lists, so that their number stays bounded. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { MigrationRecord } from "../migration/record.ts";
import type { Trust } from "../trust/trust.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import { vmStates } from "../vm/vm-host.ts";

export class Metrics {
  readonly #registry = new Registry();
  readonly #migrations = new Counter({
    name: "ferry_migrations_total",
    help: "Migrations that ended on this host, by role and state",
    labelNames: ["role", "state"],
    registers: [this.#registry],
  });
  readonly #blackout = new Histogram({
    name: "ferry_migration_blackout_seconds",
    help: "How long guests stood still at the switch-over",
    buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    registers: [this.#registry],
  });

  constructor(vms: LocalVms, trust: Trust) {
    collectDefaultMetrics({ register: this.#registry });
    new Gauge({
      name: "ferry_vms",
      help: "VMs of this host, by state",
      labelNames: ["state"],
      registers: [this.#registry],
      collect() {
        const records = vms.list();
        for (const state of vmStates) {
          this.set({ state }, records.filter((record) => record.state === state).length);
        }
      },
    });
    new Gauge({
      name: "ferry_peers_refused",
      help: "Connections refused for their certificate since the agent started",
      registers: [this.#registry],
      collect() {
        this.set(trust.refusedPeers);
      },
    });
  }

  /** Counts a migration once: an ended record does not change any more. */
  migrationChanged({ role, state, blackout, endedAt }: MigrationRecord): void {
    if (endedAt === null) return;
    this.#migrations.inc({ role, state });
    if (role === "source" && blackout !== null) this.#blackout.observe(blackout.totalMs / 1000);
  }

  async read(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
