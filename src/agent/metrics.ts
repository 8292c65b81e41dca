/** Figures for Prometheus, all in docs/metrics.md. Labels come from closed lists, so that their number stays bounded. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Migrations } from "../migration/migrations.ts";
import { stageNames } from "../migration/plan.ts";
import type { MigrationRecord } from "../migration/record.ts";
import type { SlotLimits, SlotsInUse } from "../scheduler/admission.ts";
import type { Trust } from "../trust/trust.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import { vmStates } from "../vm/vm-host.ts";

const roles = ["source", "target"] as const;

/** What is known only once moves are possible. */
export interface MoveFigures {
  readonly migrations: Pick<Migrations, "running">;
  readonly queueLength: () => number;
  readonly slotsInUse: (direction: Direction) => SlotsInUse;
  readonly slotLimits: () => SlotLimits;
}

const directions = ["outgoing", "incoming"] as const;
type Direction = (typeof directions)[number];

export class Metrics {
  readonly #registry = new Registry();
  readonly #migrations = this.#counter(
    "ferry_migrations_total",
    "Migrations that ended on this host, by role and state",
    ["role", "state"],
  );
  readonly #rounds = this.#counter(
    "ferry_migration_rounds_total",
    "Rounds over memory of ended moves from this host",
  );
  readonly #adjustments = this.#counter(
    "ferry_migration_adjustments_total",
    "What was done to bring memory across in ended moves from this host, by policies and people",
    ["action"],
  );
  readonly #bytes = this.#counter(
    "ferry_migration_bytes_total",
    "Bytes of ended moves from this host: of memory, of disks, and on the wire",
    ["kind"],
  );
  readonly #blackout = this.#histogram(
    "ferry_migration_blackout_seconds",
    "How long guests stood still at the switch-over",
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
  );
  readonly #duration = this.#histogram(
    "ferry_migration_duration_seconds",
    "How long completed moves from this host took from their start",
    [1, 2, 5, 10, 30, 60, 300, 1800, 7200],
  );
  readonly #wait = this.#histogram(
    "ferry_migration_wait_seconds",
    "How long moves from this host waited in the queue before they started",
    [0.1, 1, 10, 60, 300, 1800, 7200],
  );

  constructor(vms: LocalVms, trust: Trust) {
    collectDefaultMetrics({ register: this.#registry });
    this.#gauge("ferry_vms", "VMs of this host, by state", ["state"], (gauge) => {
      const records = vms.list();
      for (const state of vmStates) {
        gauge.set({ state }, records.filter((record) => record.state === state).length);
      }
    });
    new Counter({
      name: "ferry_peers_refused_total",
      help: "Connections refused for their certificate since the agent started",
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(trust.refusedPeers);
      },
    });
  }

  /** From now on the figures of moves under way and in the queue are there too. */
  followMoves({ migrations, queueLength, slotsInUse, slotLimits }: MoveFigures): void {
    this.#gauge(
      "ferry_migrations_queued",
      "Moves of this host that wait in its queue",
      [],
      (gauge) => {
        gauge.set(queueLength());
      },
    );
    const running = "Migrations under way on this host, by role and stage";
    this.#gauge("ferry_migrations_running", running, ["role", "stage"], (gauge) => {
      for (const role of roles) {
        const records = migrations.running(role);
        for (const stage of stageNames) {
          gauge.set({ role, stage }, records.filter((record) => record.stage === stage).length);
        }
      }
    });
    const rate = "What moves from this host send now, and what their guests write, together";
    this.#gauge("ferry_migration_rate_bytes_per_second", rate, ["kind"], (gauge) => {
      const progress = migrations.running("source").flatMap((record) => record.progress ?? []);
      gauge.set(
        { kind: "sent" },
        sum(progress.map(({ rateBytesPerSecond }) => rateBytesPerSecond)),
      );
      gauge.set(
        { kind: "written" },
        sum(progress.map(({ dirtyBytesPerSecond }) => dirtyBytesPerSecond)),
      );
    });
    const slots = ["direction", "kind"];
    this.#gauge("ferry_move_slots_in_use", "Slots for moves that are taken", slots, (gauge) => {
      for (const direction of directions) {
        const { moves, storageMoves } = slotsInUse(direction);
        gauge.set({ direction, kind: "move" }, moves);
        gauge.set({ direction, kind: "storage" }, storageMoves);
      }
    });
    this.#gauge("ferry_move_slots_max", "Slots for moves that there are", slots, (gauge) => {
      const { simultaneousMovesMax, simultaneousStorageMovesMax } = slotLimits();
      for (const direction of directions) {
        gauge.set({ direction, kind: "move" }, simultaneousMovesMax);
        gauge.set({ direction, kind: "storage" }, simultaneousStorageMovesMax);
      }
    });
  }

  /** Counts a migration once: an ended record does not change any more. */
  migrationChanged(record: MigrationRecord): void {
    const { role, state, blackout, requestedAt, startedAt, endedAt } = record;
    if (endedAt === null) return;
    this.#migrations.inc({ role, state });
    if (role !== "source" || startedAt === null) return;
    this.#rounds.inc(record.rounds.length);
    for (const { action } of record.adjustments ?? []) this.#adjustments.inc({ action });
    this.#bytes.inc({ kind: "memory" }, record.guestBytes);
    this.#bytes.inc({ kind: "disk" }, record.diskBytes);
    this.#bytes.inc({ kind: "wire" }, record.wireBytes);
    this.#wait.observe(Math.max(0, startedAt - requestedAt) / 1000);
    if (blackout !== null) this.#blackout.observe(blackout.totalMs / 1000);
    if (state === "completed") this.#duration.observe(Math.max(0, endedAt - startedAt) / 1000);
  }

  async read(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void): void {
    const gauge: Gauge = new Gauge({
      ...{ name, help, labelNames },
      registers: [this.#registry],
      collect: () => collect(gauge),
    });
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
