/**
 * Empties this host and fills it again. A drained host starts no VM and takes none; what runs on it goes through the queue as
 * any other move does, so that limits hold and a restart loses nothing. What cannot go stays and runs on.
 */
import type { DatabaseSync } from "node:sqlite";
import { FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Migrations } from "../migration/migrations.ts";
import type { MoveRequest } from "../migration/queued.ts";
import type { MigrationRecord } from "../migration/record.ts";
import type { Precheck } from "../precheck/precheck.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { VmRecord } from "../vm/vm-host.ts";
import {
  type DrainCheck,
  type DrainPlan,
  type DrainTarget,
  type DrainVm,
  planDrain,
} from "./drain-plan.ts";
import { type DrainState, keptDrain } from "./drain-state.ts";
import { drainTime } from "./drain-time.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SettingsStore } from "./settings-store.ts";
import { someAtOnce } from "../base/some-at-once.ts";

/** Hosts looked at for each plan: checks ask each of them about each VM. */
const targetsMax = 8;
/** Each asks both hosts and writes into pools: some at once wait for each other, more would keep the hosts from their work. */
const checksAtOnce = 4;
/** To judge by how long a drain takes: enough to be usual, recent enough to be true. */
const pastMovesMax = 50;

/** The other hosts of the domain, as a drain sees them. */
export interface DrainHosts {
  /** Those that answer, or of the named ones all. @throws FerryError `not-found`, `unreachable` for a named one. */
  look(named: readonly string[] | undefined): Promise<DrainTarget[]>;
  /** Asks `host` to move one of its VMs. @throws FerryError what it answered. */
  askMove(host: string, request: MoveRequest): Promise<MigrationRecord>;
}

export interface DrainParts {
  readonly database: DatabaseSync;
  readonly log: Log;
  readonly host: string;
  readonly vms: LocalVms;
  readonly migrations: Migrations;
  readonly precheck: Precheck;
  readonly scheduler: Scheduler;
  readonly settings: SettingsStore;
  readonly hosts: DrainHosts;
  /** Tells those who watch. */
  readonly publish: (event: "host.drained" | "host.resumed", requestedBy: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** One VM and where it shall go, as an administrator confirmed it. */
export interface ConfirmedMove {
  readonly vm: string;
  readonly target: string;
}

export interface TimedPlan extends DrainPlan {
  /** Judged by past moves of this host; null when there are none. Milliseconds. */
  readonly expectedMs: number | null;
}

export interface Return {
  readonly vm: DrainState["moves"][number]["vm"];
  readonly from: string;
  /** The move back; null when there is none, for `reason`. */
  readonly migration: string | null;
  readonly reason: string | null;
}

/** Of a plan: which VMs shall leave (absent: all), and when no further check is begun (milliseconds since the epoch; absent: never). */
export interface PlanBounds {
  readonly wanted?: (vm: VmRecord) => boolean;
  readonly until?: number;
}

export class Drain {
  readonly #parts: DrainParts;
  readonly #store: ReturnType<typeof keptDrain>;
  #underWay = false;

  constructor(parts: DrainParts) {
    this.#parts = parts;
    this.#store = keptDrain(parts.database);
  }

  /** Whether a drain or its end is only beginning: not all of its moves are asked for yet. */
  get isBeginning(): boolean {
    return this.#underWay;
  }

  /** Null while the host is not drained. */
  get state(): DrainState | null {
    return this.#store.read();
  }

  /**
   * What a drain would do now; changes nothing. `to`: the hosts to consider; absent: every one that answers.
   * `withStorage`: disks that the target does not reach may be copied.
   */
  async plan(
    to: readonly string[] | undefined,
    withStorage: boolean,
    { wanted = () => true, until = Infinity }: PlanBounds = {},
  ): Promise<TimedPlan> {
    const { hosts, host, vms, migrations, settings, now } = this.#parts;
    const found = (await hosts.look(to)).filter((target) => target.host !== host);
    const targets = found
      .toSorted((a, b) => b.memoryAvailableBytes - a.memoryAvailableBytes)
      .slice(0, targetsMax);
    const present = vms
      .list()
      .filter((vm) => vm.ownership === "owner" && wanted(vm))
      .map(drainVm);
    const wantedChecks = present
      .filter(({ held }) => held === null)
      .flatMap(({ id }) => targets.map((target) => ({ vm: id, target: target.host })));
    const checks = await someAtOnce(checksAtOnce, wantedChecks, async ({ vm, target }) =>
      now() < until ? [await this.#check(vm, target, withStorage)] : [],
    );
    const plan = planDrain(present, targets, checks.flat());
    const past = migrations.list({ state: "completed", limit: pastMovesMax });
    const atOnce = settings.current.settings.simultaneousMovesMax;
    return { ...plan, expectedMs: drainTime(plan.moves, past, atOnce) };
  }

  /**
   * Closes the host for VMs and queues the moves, in their order. Keeps going when one can't be queued.
   * @throws FerryError `busy`.
   */
  async begin(
    moves: readonly ConfirmedMove[],
    withStorage: boolean,
    requestedBy: string,
  ): Promise<void> {
    await this.#alone("drain", () => this.#begin(moves, withStorage, requestedBy));
  }

  async #begin(
    moves: readonly ConfirmedMove[],
    withStorage: boolean,
    requestedBy: string,
  ): Promise<void> {
    const { now, scheduler, vms, log, publish } = this.#parts;
    const begun = { since: now(), requestedBy, moves: [] };
    let state: DrainState = { ...begun, ...this.#store.read(), withStorage, refused: [] };
    this.#store.write(state);
    log.info({ requestedBy, moves: moves.length }, "the host is drained");
    publish("host.drained", requestedBy);
    for (const { vm: nameOrId, target } of moves) {
      const { id, name } = vms.find(nameOrId)?.definition ?? { id: nameOrId, name: nameOrId };
      const vm = { id, name };
      try {
        const { id: migration } = await scheduler.request({
          vm: id,
          target,
          options: { withStorage },
          requestedBy,
        });
        const others = state.moves.filter((move) => move.vm.id !== id);
        state = { ...state, moves: [...others, { vm, target, migration }] };
      } catch (error) {
        const reason = FerryError.from(error).message;
        state = { ...state, refused: [...state.refused, { vm, target, reason }] };
      }
      this.#store.write(state);
    }
  }

  /**
   * Opens the host again; with `bringBack`, asks the hosts that took its VMs to move them back.
   * @throws FerryError `busy`.
   */
  async resume(bringBack: boolean, requestedBy: string): Promise<Return[]> {
    return await this.#alone("resume", () => this.#resume(bringBack, requestedBy));
  }

  async #resume(bringBack: boolean, requestedBy: string): Promise<Return[]> {
    const state = this.#store.read();
    this.#store.clear();
    this.#parts.log.info({ requestedBy, bringBack }, "the host is open again");
    this.#parts.publish("host.resumed", requestedBy);
    if (state === null) return [];
    await this.#leaveQueue(state);
    if (!bringBack) return [];
    const returns: Return[] = [];
    for (const move of state.moves) {
      // One that never left, or waits still, has nothing to come back from.
      if (this.#parts.vms.find(move.vm.id)?.ownership === "owner") continue;
      returns.push(await this.#bringBack(move, state.withStorage, requestedBy));
    }
    return returns;
  }

  /** @throws FerryError `conflict` when the host is drained. */
  requireOpen(verb: "create" | "start", vm: string): void {
    if (this.#store.read() === null) return;
    const { host } = this.#parts;
    throw new FerryError("conflict", `Cannot ${verb} VM "${vm}": host "${host}" is drained`, {
      remedy: `Use another host, or open this one again: ferry host resume ${host}`,
    });
  }

  /** Two administrators who drain and resume at the same time would undo each other's words. */
  async #alone<Result>(verb: string, body: () => Promise<Result>): Promise<Result> {
    const { host } = this.#parts;
    if (this.#underWay) {
      throw new FerryError(
        "busy",
        `Cannot ${verb} host "${host}": another drain or resume of it is just beginning`,
        { remedy: `Look how it stands: ferry host drain ${host} --status` },
      );
    }
    this.#underWay = true;
    try {
      return await body();
    } finally {
      this.#underWay = false;
    }
  }

  async #bringBack(
    { vm, target: from }: DrainState["moves"][number],
    withStorage: boolean,
    requestedBy: string,
  ): Promise<Return> {
    const { hosts, host } = this.#parts;
    try {
      const request = { vm: vm.id, target: host, options: { withStorage }, requestedBy };
      const { id: migration } = await hosts.askMove(from, request);
      return { vm, from, migration, reason: null };
    } catch (error) {
      return { vm, from, migration: null, reason: FerryError.from(error).message };
    }
  }

  /** Nobody wants a VM to leave a host that was just opened. What moves already goes on. */
  async #leaveQueue({ moves }: DrainState): Promise<void> {
    const { migrations, scheduler } = this.#parts;
    for (const { migration } of moves) {
      if (migrations.find(migration)?.state === "queued") await scheduler.cancel(migration);
    }
  }

  async #check(vm: string, target: string, withStorage: boolean): Promise<DrainCheck> {
    try {
      const report = await this.#parts.precheck.run({ vm, target, options: { withStorage } });
      const { findings, disks } = report;
      const problems = findings.flatMap(({ severity, message }) =>
        severity === "blocking" ? [message] : [],
      );
      if (disks.length > 0 && !withStorage) {
        problems.push(
          `"${target}" does not reach its disks, and nobody said that they may be copied`,
        );
      }
      return {
        ...{ vm, target, problems },
        warnings: findings.filter(({ severity }) => severity === "warning").length,
        diskBytes: disks.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0),
      };
    } catch (error) {
      return { vm, target, problems: [FerryError.from(error).message], warnings: 0, diskBytes: 0 };
    }
  }
}

function drainVm({ definition, state, migration }: VmRecord): DrainVm {
  const { id, name, memory } = definition;
  const runs = state === "running" || state === "paused";
  const held = migration !== null ? "it is being moved already" : runs ? null : `it is ${state}`;
  return { id, name, memoryBytes: memory.mib * 1024 ** 2, held };
}
