/**
 * Source: follows memory's rounds until QEMU has stopped the guest. After each round the convergence decision is carried
 * out; in between, what an administrator asks for (step-in.ts) and limits that change.
 */
import { wallClockMs } from "../base/clock.ts";
import { FerryError } from "../base/errors.ts";
import {
  type MemoryStatus,
  queryMemory,
  setBlackoutLimit,
  setOutgoingBandwidth,
  setThrottle,
} from "../qemu/migration.ts";
import { startPostCopy } from "../qemu/post-copy.ts";
import type { SessionStats } from "../session/session.ts";
import type { MemoryAgreement } from "./agree-on-memory.ts";
import {
  adjustmentOf,
  after,
  type ConvergenceDecision,
  type ConvergenceLimits,
  type ConvergenceState,
  decide,
  nextThrottle,
  stopMsFor,
} from "./convergence.ts";
import {
  guestRate,
  netRate,
  postCopyBandwidth,
  statsOfChannels,
  statsOverRdma,
  toProgress,
  toRound,
} from "./progress.ts";
import { withRate } from "./remaining.ts";
import type { SourceMove } from "./stage.ts";
import { sessionOf } from "./past-setup.ts";
import type { StepIn } from "./step-in.ts";
import { applyStorageLimit } from "./storage-limit.ts";
import { SwitchoverHold } from "./switchover-hold.ts";
import type { SwitchoverWatch } from "./switchover-watch.ts";
import { judge } from "./verdict.ts";

interface Sample {
  readonly at: number;
  readonly memory: MemoryStatus;
  readonly stats: SessionStats;
}

/** As good as no limit: the administrator has said that the guest may stop for as long as the rest takes. */
const stopNowMs = 600_000;

export class RoundsFollower {
  readonly #move: SourceMove;
  readonly #watch: SwitchoverWatch;
  readonly #policy: ConvergenceLimits["convergencePolicy"];
  readonly #asks: boolean;
  #state: ConvergenceState;
  #bandwidth: number;
  #netRates: readonly number[] = [];
  #hold: SwitchoverHold | undefined;

  /** `agreed`: the policy stays what QEMU was prepared for. */
  constructor(move: SourceMove, watch: SwitchoverWatch, agreed: MemoryAgreement) {
    this.#move = move;
    this.#watch = watch;
    this.#asks = agreed.asks;
    this.#state = agreed.convergence;
    this.#policy = agreed.policy;
    this.#bandwidth = move.limits.bandwidthBytesPerSecond;
  }

  /**
   * Returns when the guest has stopped.
   * @throws FerryError `migration-failed` with the numbers when the move is given up
   */
  async run(): Promise<void> {
    const move = this.#move;
    const detach = this.#tellOfTheLink();
    using hold = this.#asks ? new SwitchoverHold(move.process.qmp, sessionOf(move)) : undefined;
    this.#hold = hold;
    move.stepIns.open();
    try {
      let roundStart = await this.#sample();
      while (!(await this.#watch.stoppedWithin(move.limits.pollMs, move.signal))) {
        const now = await this.#sample();
        this.#netRates = withRate(this.#netRates, netRate(now.memory, now.stats, this.#bandwidth));
        move.record.progress(
          toProgress(now.memory, now.stats, now.at, this.#netRates, this.#bandwidth),
        );
        await this.#followBandwidth();
        applyStorageLimit(move);
        await move.disksFollowed?.lookIfDue();
        await this.#stepIn(now);
        // QEMU repeats pass after pass over next to nothing as long as it is held.
        const isHeld = hold?.isOn === true && roundStart.memory.round > 1;
        if (now.memory.round === roundStart.memory.round || isHeld) continue;
        // QEMU has only begun: the first round starts here.
        if (roundStart.memory.round > 0) await this.#roundEnded(roundStart, now);
        roundStart = now;
      }
    } finally {
      move.stepIns.close();
      move.record.waiting(null);
      for (const stop of detach) stop();
    }
  }

  async #unaskedRate(): Promise<number> {
    const { drainBytesPerSecond } = await sessionOf(this.#move).stats();
    return postCopyBandwidth(drainBytesPerSecond, this.#bandwidth);
  }

  get #limits(): ConvergenceLimits {
    return { ...this.#move.limits, convergencePolicy: this.#policy };
  }

  #linkRate({ memory, stats }: Sample): number {
    return guestRate(memory, stats, this.#bandwidth);
  }

  async #sample(): Promise<Sample> {
    const [memory, stats] = await Promise.all([
      queryMemory(this.#move.process.qmp),
      sessionOf(this.#move).stats(),
    ]);
    return { at: wallClockMs(), memory, stats: this.#asKnown(stats, memory) };
  }

  #asKnown(stats: SessionStats, memory: MemoryStatus): SessionStats {
    if (this.#move.overRdma) return statsOverRdma(stats, memory);
    return this.#move.channels > 0 ? statsOfChannels(stats, memory) : stats;
  }

  async #roundEnded(start: Sample, now: Sample): Promise<void> {
    const { record, log, id } = this.#move;
    const round = toRound(start, now.memory, now.at);
    record.round(round);
    log.info({ round }, "round ended");
    const { rounds, verdict: before } = record.current;
    const verdict = judge(rounds, this.#limits, id);
    if (verdict !== undefined && verdict.converges !== before?.converges) {
      record.verdict(verdict);
      log.info({ verdict }, "whether memory converges");
    }
    if (this.#move.postCopyAsked) return;
    const decision = decide(rounds, this.#state, this.#limits);
    if (decision.kind !== "go-on") await this.#carryOut(decision, round.number, "policy");
  }

  async #carryOut(
    decision: Exclude<ConvergenceDecision, { kind: "go-on" }>,
    round: number,
    by: string,
  ): Promise<void> {
    const move = this.#move;
    const { qmp } = move.process;
    move.record.adjusted({ at: wallClockMs(), round, by, ...adjustmentOf(decision) });
    move.log.info({ decision, by }, "pre-copy was tightened");
    // Who is in a hurry has seen that the guest would stand still for what is under way.
    if (decision.kind !== "throttle" && decision.kind !== "give-up") this.#hold?.release();
    switch (decision.kind) {
      case "blackout-limit":
      case "stop":
        move.blackoutMsAllowed = Math.max(move.blackoutMsAllowed, decision.blackoutLimitMs);
        await setBlackoutLimit(qmp, decision.blackoutLimitMs);
        break;
      case "throttle":
        await setThrottle(qmp, decision.percent);
        break;
      case "post-copy":
        move.postCopyAsked = true;
        await startPostCopy(qmp, await this.#unaskedRate());
        break;
      case "give-up":
        throw givenUp(decision.why, this.#state, this.#policy);
    }
    this.#state = after(this.#state, decision, round);
  }

  async #stepIn(now: Sample): Promise<void> {
    for (const { stepIn, settle } of this.#move.stepIns.take()) {
      try {
        const decision = this.#decisionFor(stepIn, now);
        await this.#carryOut(decision, now.memory.round, stepIn.requestedBy);
        settle.resolve();
      } catch (error) {
        settle.reject(error);
      }
    }
  }

  #decisionFor(
    { action, throttlePercent }: StepIn,
    now: Sample,
  ): Exclude<ConvergenceDecision, { kind: "go-on" }> {
    const { blackoutMsMax, throttlePercentMax } = this.#limits;
    const why = `asked for: ${action}`;
    switch (action) {
      case "hurry": {
        if (this.#state.blackoutLimitMs >= blackoutMsMax) throw atItsMost(blackoutMsMax);
        return { kind: "blackout-limit", blackoutLimitMs: blackoutMsMax, why };
      }
      case "throttle": {
        if (this.#policy === "patient") throw patientNever();
        const next = throttlePercent ?? nextThrottle(this.#state.throttlePercent, this.#limits);
        if (next === undefined || next > throttlePercentMax) throw slowest(throttlePercentMax);
        return { kind: "throttle", percent: next, why };
      }
      case "switch-now": {
        if (this.#policy === "post-copy") return { kind: "post-copy", why };
        const { remainingBytes } = now.memory;
        const stopMs = stopMsFor({ remainingBytes, linkBytesPerSecond: this.#linkRate(now) });
        const expected = stopMs === null ? "" : `; the rest takes about ${stopMs} ms`;
        return { kind: "stop", blackoutLimitMs: stopNowMs, why: `${why}${expected}` };
      }
    }
  }

  /** The host's limit may change while memory moves: by an administrator's word, or with the time of day. */
  async #followBandwidth(): Promise<void> {
    const wanted = this.#move.limits.bandwidthBytesPerSecond;
    if (wanted === this.#bandwidth) return;
    this.#bandwidth = wanted;
    const { overRdma, process } = this.#move;
    if (overRdma) await setOutgoingBandwidth(process.qmp, wanted);
    else sessionOf(this.#move).limit("memory", wanted);
    this.#move.log.info({ bytesPerSecond: wanted }, "the bandwidth limit changed");
  }

  #tellOfTheLink(): (() => void)[] {
    const { record, peer } = this.#move;
    const session = sessionOf(this.#move);
    return [
      session.on("link-lost", () => record.waiting(`waits for the link to ${peer}`)),
      session.on("link-restored", () => record.waiting(null)),
    ];
  }
}

function givenUp(why: string, state: ConvergenceState, policy: string): FerryError {
  return new FerryError(
    "migration-failed",
    `Cannot bring memory across: ${why}; blackout limit ${state.blackoutLimitMs} ms, ` +
      `guest slowed by ${state.throttlePercent} %, policy ${policy}`,
    {
      remedy:
        "Move with --convergence certain or post-copy, allow a longer blackout, use a faster network, or move when the guest writes less",
    },
  );
}

function atItsMost(blackoutMsMax: number): FerryError {
  return new FerryError(
    "conflict",
    `Cannot hurry: the blackout limit is at the most allowed, ${blackoutMsMax} ms, already`,
    { remedy: "Allow more (ferry host set --max-blackout), or stop the guest: switch-now" },
  );
}

function patientNever(): FerryError {
  return new FerryError(
    "conflict",
    "Cannot throttle: the move's policy is patient, which never slows the guest down",
    { remedy: "Stop the guest for the rest (switch-now), or move again with another policy" },
  );
}

function slowest(throttlePercentMax: number): FerryError {
  return new FerryError(
    "conflict",
    `Cannot throttle further: the guest is to be slowed by ${throttlePercentMax} % at most`,
    { remedy: "Stop the guest for the rest: switch-now" },
  );
}
