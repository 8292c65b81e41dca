/**
 * Takes this host's VMs to where they can be while the host is down: moved by a drain, or shut down here, all within one time; then the
 * machine ends, if so asked. What the agent of the next boot finds shut down it starts again. The decisions are host-shutdown-plan.ts.
 */
import { errorChain, FerryError } from "../base/errors.ts";
import type { ShutdownPolicy } from "../vm/shutdown-policy.ts";
import type { ConfirmedMove } from "./drain.ts";
import { endVm } from "./host-shutdown-end.ts";
import { awaitMoves, endMoves } from "./host-shutdown-moves.ts";
import type { HostShutdownParts } from "./host-shutdown-parts.ts";
import {
  divideTime,
  nextStep,
  type PolicyOf,
  type PlannedEnd,
  planShutdown,
  powerOffAt,
  policyOf,
  type ShutdownEnd,
} from "./host-shutdown-plan.ts";
import { type EndedVm, keptShutdown, type ShutdownState } from "./host-shutdown-state.ts";

/** Of the whole time, for checks of moves: a VM that is not checked by then does not move. */
const planningShare = 0.25;

export interface ShutdownOptions {
  /** Absent: the host's own, except for VMs that have one. */
  readonly policy?: ShutdownPolicy | undefined;
  /** All of it, until the machine ends. Absent: the host's setting. Milliseconds. */
  readonly withinMs?: number | undefined;
  /** Disks that the target does not reach may be copied. */
  readonly withStorage: boolean;
}

export interface ShutdownPlan {
  readonly policy: ShutdownPolicy;
  readonly withinMs: number;
  readonly ends: readonly PlannedEnd[];
  /** Of the moves, judged by past ones; null when there are none. Milliseconds. */
  readonly expectedMs: number | null;
}

export class HostShutdown implements Disposable {
  readonly #parts: HostShutdownParts;
  readonly #store: ReturnType<typeof keptShutdown>;
  #isClosed = false;

  constructor(parts: HostShutdownParts) {
    this.#parts = parts;
    this.#store = keptShutdown(parts.database);
  }

  /** Null while the host is not being shut down. */
  get state(): ShutdownState | null {
    return this.#store.read();
  }

  /** What a shutdown would do now; changes nothing. */
  async plan(options: ShutdownOptions): Promise<ShutdownPlan> {
    const { drain, vms, cluster, now } = this.#parts;
    const { policy, withinMs } = this.#asked(options);
    const ofVm = this.#policies(policy, options.policy === undefined);
    const { moves, stays, expectedMs } = await drain.plan(undefined, options.withStorage, {
      wanted: (vm) => ofVm(vm) === "move" && nextStep(vm, "move") !== "none",
      until: now() + withinMs * planningShare,
    });
    const isClustered = (id: string): boolean => cluster.isClustered(id);
    const ends = planShutdown(ofVm, vms.list(), { moves, stays }, isClustered);
    return { policy, withinMs, ends, expectedMs };
  }

  /**
   * Closes the host and begins, with the moves of a plan that was seen. One that has begun goes on as it is.
   * @throws FerryError `unsupported` where this agent can't do `end`; `busy`.
   */
  async begin(
    moves: readonly ConfirmedMove[],
    options: ShutdownOptions,
    end: ShutdownEnd,
    requestedBy: string,
  ): Promise<void> {
    const { machine, log, drain, now, settings, publish } = this.#parts;
    if (this.#store.read() !== null) return;
    const whyNot = end === "stay-on" ? null : machine.whyNot();
    if (whyNot !== null) throw cannotEnd(this.#parts.host, whyNot);
    const { policy, withinMs } = this.#asked(options);
    const wasDrained = drain.state !== null;
    await drain.begin(moves, options.withStorage, requestedBy);
    const since = now();
    const guestMs = settings.current.settings.shutdownGuestMsMax;
    this.#store.write({
      ...{ ...divideTime(since, withinMs, guestMs), guestMs },
      ...{ bootId: machine.bootId(), since, requestedBy, policy, end, wasDrained },
      ownPolicies: options.policy === undefined,
      withStorage: options.withStorage,
      over: false,
      ended: [],
    });
    log.warn({ requestedBy, policy, end, withinMs, moves: moves.length }, "the host is shut down");
    publish("host.shutting-down", requestedBy);
    this.#run();
  }

  /** An agent that was restarted in the middle goes on; that of the next boot opens the host and starts what ran. */
  async takeUp(): Promise<void> {
    const state = this.#store.read();
    if (state === null) return;
    if (state.bootId === this.#parts.machine.bootId()) {
      if (!state.over) this.#run();
      return;
    }
    this.#store.clear();
    if (state.wasDrained) return;
    // Somebody may be opening it just now.
    await this.#parts.drain.resume(false, state.requestedBy).catch((error: unknown) => {
      this.#parts.log.warn({ reason: errorChain(error) }, "cannot open the host after its boot");
    });
    await this.startAgain(state.ended);
  }

  /** What was ended for a shutdown and is still here. */
  async startAgain(ended: readonly EndedVm[]): Promise<void> {
    const { log, vms } = this.#parts;
    for (const { vm, clustered } of ended) {
      // The cluster starts its own.
      if (clustered || vms.find(vm.id)?.state !== "stopped") continue;
      await vms.start(vm.id).then(
        () => log.info({ vm: vm.name }, "started again after the host's shutdown"),
        (error: unknown) =>
          log.error({ vm: vm.name, reason: errorChain(error) }, "cannot start a VM again"),
      );
    }
  }

  /** Somebody opens the host again: what has not ended yet runs on here. Answers what has. */
  abandon(): readonly EndedVm[] {
    const state = this.#store.read();
    if (state === null) return [];
    this.#store.clear();
    this.#parts.log.warn("the shutdown of the host is given up");
    return state.ended;
  }

  /** The agent stops; its next goes on. N.B. a guest that is just shutting down is not waited for. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
  }

  #asked({ policy, withinMs }: ShutdownOptions): { policy: ShutdownPolicy; withinMs: number } {
    const { shutdownPolicy, shutdownMsMax } = this.#parts.settings.current.settings;
    return { policy: policy ?? shutdownPolicy, withinMs: withinMs ?? shutdownMsMax };
  }

  #policies(policy: ShutdownPolicy, ownPolicies: boolean): PolicyOf {
    return (vm) => policyOf(vm, policy, ownPolicies);
  }

  #run(): void {
    void this.#goOn().catch((error: unknown) => {
      this.#parts.log.error({ reason: errorChain(error) }, "the shutdown of the host stands still");
    });
  }

  async #goOn(): Promise<void> {
    const { log, machine } = this.#parts;
    const goingOn = (): ShutdownState | null => this.#goingOn();
    await awaitMoves(this.#parts, goingOn).catch((error: unknown) => {
      log.error({ reason: errorChain(error) }, "cannot plan moves: what is left is shut down");
    });
    await endMoves(this.#parts, goingOn);
    await this.#endGuests();
    const state = this.#goingOn();
    if (state === null) return;
    this.#store.write({ ...state, over: true });
    log.warn({ end: state.end, ended: state.ended }, "the VMs are gone from here");
    if (state.end === "stay-on") return;
    await machine.end(state.end);
  }

  /** Null when it was given up, or this agent stops. */
  #goingOn(): ShutdownState | null {
    return this.#isClosed ? null : this.#store.read();
  }

  async #endGuests(): Promise<void> {
    const state = this.#goingOn();
    if (state === null) return;
    const ofVm = this.#policies(state.policy, state.ownPolicies);
    const { now, vms } = this.#parts;
    const times = {
      ...state,
      guestsUntil: powerOffAt(now(), state.guestsUntil, state.guestMs ?? Infinity),
    };
    const present = vms.list().filter((vm) => nextStep(vm, ofVm(vm)) !== "none");
    await Promise.all(
      present.map(async (vm) => {
        const goesOn = (): boolean => this.#goingOn() !== null;
        const ended = await endVm(this.#parts, vm.definition.id, ofVm(vm), times, goesOn);
        if (ended !== undefined) this.#note(ended);
      }),
    );
  }

  #note(ended: EndedVm): void {
    const state = this.#goingOn();
    if (state === null) return;
    const others = state.ended.filter(({ vm }) => vm.id !== ended.vm.id);
    this.#store.write({ ...state, ended: [...others, ended] });
  }
}

function cannotEnd(host: string, why: string): FerryError {
  return new FerryError("unsupported", `Cannot shut down host "${host}": ${why}`, {
    remedy: `Let its VMs leave or end, and switch it off yourself: ferry host shutdown ${host} --only-vms`,
  });
}
