/**
 * Keeps one migration's record true while it runs: in memory for those who watch, in the database for the history.
 * During the blackout nothing is written to disk here (`hold`): the guest waits for every fsync.
 */
import type { FerryError } from "../base/errors.ts";
import type { BlackoutRecord } from "./blackout-record.ts";
import type { StageName } from "./plan.ts";
import { describeStage } from "./plan.ts";
import { waitingDisk } from "./new-record.ts";
import { WirePeak } from "./wire-peak.ts";
import type { Progress } from "./progress-snapshot.ts";
import type {
  Adjustment,
  DiskPlacement,
  DiskRecord,
  FilePlacement,
  MigrationRecord,
  RoundRecord,
  Verdict,
} from "./record.ts";

/** More rounds than any sane move has; the latest are kept. */
const roundsMax = 1000;

export interface RecordSink {
  /** Durable history; called at stage changes and at the end. */
  store(record: MigrationRecord): void;
  /** Everyone who watches; called on every change. */
  publish(record: MigrationRecord): void;
}

export class RecordKeeper {
  #record: MigrationRecord;
  #held = false;
  readonly #wirePeak = new WirePeak();
  readonly #sink: RecordSink;
  readonly #now: () => number;

  constructor(record: MigrationRecord, sink: RecordSink, now: () => number) {
    this.#record = record;
    this.#sink = sink;
    this.#now = now;
  }

  get current(): MigrationRecord {
    return this.#record;
  }

  /** A queued move has its place in the history from the beginning. */
  queued(): void {
    this.#change({ state: "queued" });
  }

  /** Null: for nothing any more. */
  waiting(waitingFor: string | null): void {
    if (waitingFor !== this.#record.waitingFor) this.#publish({ waitingFor });
  }

  begin(): void {
    this.#change({ state: "running", startedAt: this.#now(), cancellable: true, waitingFor: null });
  }

  stageBegun(name: StageName): void {
    const now = this.#now();
    const stages = this.#record.stages.map((stage) =>
      stage.endedAt === null ? { ...stage, endedAt: now } : stage,
    );
    this.#held = describeStage(name).guest === "paused";
    this.#change({
      stage: name,
      cancellable: this.#record.role === "source" && describeStage(name).cancellable,
      stages: [...stages, { name, startedAt: now, endedAt: null }],
    });
  }

  round(round: RoundRecord): void {
    this.#publish({ rounds: [...this.#record.rounds, round].slice(-roundsMax) });
  }

  adjusted(adjustment: Adjustment): void {
    this.#publish({ adjustments: [...(this.#record.adjustments ?? []), adjustment] });
  }

  verdict(verdict: Verdict): void {
    this.#publish({ verdict });
  }

  progress(progress: Progress): void {
    const percent = Math.max(progress.percent, this.#record.progress?.percent ?? 0);
    const { at, wireBytes } = progress;
    const wirePeakBytesPerSecond = this.#wirePeak.seen(at, wireBytes);
    const peak = wirePeakBytesPerSecond > 0 && { wirePeakBytesPerSecond };
    this.#publish({ progress: { ...progress, percent }, wireBytes, ...peak });
  }

  figures(
    figures: Partial<
      Pick<
        MigrationRecord,
        | "guestBytes"
        | "diskBytes"
        | "wireBytes"
        | "wirePeakBytesPerSecond"
        | "differingPages"
        | "memoryComparison"
      >
    >,
  ): void {
    this.#publish(figures);
  }

  /** Before a queued move begins: what the latest checks say of its disks and other files. */
  place(disks: readonly DiskPlacement[], files: readonly FilePlacement[]): void {
    this.#change({ disks: disks.map(waitingDisk), files: [...files] });
  }

  disks(disks: readonly DiskRecord[]): void {
    const diskBytes = disks.reduce((sum, disk) => sum + disk.copiedBytes, 0);
    this.#publish({ disks: [...disks], diskBytes });
  }

  blackout(blackout: BlackoutRecord): void {
    this.#publish({ blackout });
  }

  cancelling(): void {
    this.#change({ state: "cancelling", cancellable: false });
  }

  completed(): void {
    const progress = this.#record.progress;
    this.#end("completed", {
      error: null,
      progress: progress === null ? null : { ...progress, percent: 100, remainingMs: 0 },
    });
  }

  ended(state: "cancelled" | "failed" | "unresolved", error: FerryError): void {
    this.#end(state, {
      error: {
        code: error.code,
        message: error.message,
        ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
        stage: this.#record.stage,
      },
    });
  }

  #end(state: MigrationRecord["state"], more: Partial<MigrationRecord>): void {
    const now = this.#now();
    this.#held = false;
    this.#change({
      ...more,
      state,
      waitingFor: null,
      endedAt: now,
      cancellable: false,
      stages: this.#record.stages.map((stage) =>
        stage.endedAt === null ? { ...stage, endedAt: now } : stage,
      ),
    });
  }

  #change(change: Partial<MigrationRecord>): void {
    this.#record = { ...this.#record, ...change };
    if (!this.#held) this.#sink.store(this.#record);
    this.#sink.publish(this.#record);
  }

  #publish(change: Partial<MigrationRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#sink.publish(this.#record);
  }
}
