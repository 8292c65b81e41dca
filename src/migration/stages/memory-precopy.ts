/**
 * Memory pre-copy (Hyper-V's stage 2): QEMU sends memory in rounds while the guest runs and modified pages are tracked.
 * After every round the convergence decision (convergence.ts) is carried out. The stage ends when QEMU, finding that the
 * rest fits the blackout limit, has stopped the guest.
 */
import { wallClockMs } from "../../base/clock.ts";
import { FerryError } from "../../base/errors.ts";
import {
  endOutgoing,
  guestRuns,
  listenIncoming,
  type MemoryStatus,
  prepareOutgoing,
  queryMemory,
  setBlackoutLimit,
  setThrottle,
  startOutgoing,
} from "../../qemu/migration.ts";
import type { SessionStats } from "../../session/session.ts";
import { freshSocket } from "../carry-socket.ts";
import { after, type ConvergenceState, decide, firstState } from "../convergence.ts";
import { answeredEncoding, decodingFor, encodingFor, wantedEncoding } from "../memory-coding.ts";
import { guestRate, netRate, toProgress, toRound } from "../progress.ts";
import { withRate } from "../remaining.ts";
import { applyStorageLimit } from "../storage-limit.ts";
import type { SourceMove, Stage, TargetMove } from "../stage.ts";
import { SwitchoverWatch } from "../switchover-watch.ts";
import { sessionOf, skeletonOf } from "./setup.ts";

const lastWordMs = 500;

export const memoryPrecopy: Stage = {
  name: "memory-precopy",

  source: {
    async run(move) {
      const session = sessionOf(move);
      const { qmp, directory, uid, gid } = move.process;
      const convergence = firstState(move.limits);
      // From here on: what the target says while this host still prepares must not be missed.
      const watch = new SwitchoverWatch(qmp, session);
      session.limit("memory", move.limits.bandwidthBytesPerSecond);
      move.watch = watch;
      session.send({ type: "receive", ...wantedEncoding(move) });
      const [{ encoding }] = await Promise.all([
        session.receive("receiving", {
          signal: move.signal,
          timeoutMs: move.limits.setupTimeoutMs,
        }),
        prepareOutgoing(qmp, {
          blackoutLimitMs: convergence.blackoutLimitMs,
          // The session holds to the limit, in bytes on the wire; QEMU sees what comes of it.
          bandwidthBytesPerSecond: 0,
          pauses: move.disks.length > 0,
          mayThrottle: move.limits.throttlePercentMax > 0,
        }),
      ]);
      const socket = await freshSocket(directory, "migration-out.sock");
      await session.carryListening("memory", socket, { uid, gid }, encodingFor(move, encoding));
      await startOutgoing(qmp, socket);
      await move.faults.reach("source:memory-precopy:inside", move.signal);
      await followRounds(move, watch, convergence);
    },

    /** Before the handover this puts the guest back to work, from wherever the switch-over was left. */
    async undo(move) {
      move.watch?.[Symbol.dispose]();
      await move.session?.closeStream("memory").catch((error: unknown) => {
        move.log.warn({ err: error }, "the memory stream was closed already");
      });
      await endOutgoing(move.process.qmp);
      if (move.run && !(await guestRuns(move.process.qmp))) {
        await move.vms.resumeOwned(move.definition.id);
      }
    },
  },

  target: {
    async run(move) {
      const { session } = move;
      const { qmp, directory } = skeletonOf(move);
      const { encoding } = await session.receive("receive", { signal: move.signal });
      const decoding = await decodingFor(move, encoding);
      const socket = await freshSocket(directory, "migration-in.sock");
      await listenIncoming(qmp, socket, { memoryIsPlaced: (decoding?.placed ?? null) !== null });
      await session.carryConnecting("memory", socket, decoding);
      session.send({ type: "receiving", ...answeredEncoding(decoding) });
      await move.faults.reach("target:memory-precopy:inside", move.signal);
      await stopped(move);
    },

    /** Setup's undo ends the skeleton, and with it all that this stage made. */
    async undo() {},
  },
};

/** The source's word that the guest stands still; what ends the stream before it ends the move. */
async function stopped({ session, signal }: TargetMove): Promise<void> {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  const detach = session.on("stream-closed", (stream, reason) => {
    // A QEMU that has loaded everything closes its socket too, perhaps before a busy source's word is here; of one that
    // is gone the source hears that the stream ended.
    if (stream !== "memory" || reason === "end") return;
    // A source that gives the move up closes its end, and says so: its word is on the way.
    setTimeout(() => reject(unreceived(reason)), lastWordMs);
  });
  try {
    await Promise.race([session.receive("stopped", { signal }), broken]);
  } finally {
    detach();
  }
}

function unreceived(reason: string): FerryError {
  return new FerryError(
    "migration-failed",
    `Cannot receive the guest's memory: its stream ended before the guest stopped (${reason})`,
    { remedy: "Read QEMU's log in the VM's directory on both hosts, then move again" },
  );
}

interface Sample {
  readonly at: number;
  readonly memory: MemoryStatus;
  readonly stats: SessionStats;
}

async function followRounds(
  move: SourceMove,
  watch: SwitchoverWatch,
  first: ConvergenceState,
): Promise<void> {
  let convergence = first;
  let roundStart = await sample(move);
  let bandwidth = move.limits.bandwidthBytesPerSecond;
  let netRates: readonly number[] = [];
  while (!(await watch.stoppedWithin(move.limits.pollMs, move.signal))) {
    const now = await sample(move);
    netRates = withRate(netRates, netRate(now.memory, now.stats));
    move.record.progress(toProgress(now.memory, now.stats, now.at, netRates));
    bandwidth = followBandwidth(move, bandwidth);
    applyStorageLimit(move);
    await move.disksFollowed?.lookIfDue();
    if (now.memory.round === roundStart.memory.round) continue;
    if (roundStart.memory.round === 0) {
      roundStart = now; // QEMU has only begun: the first round starts here
      continue;
    }
    const round = toRound(roundStart, now.memory, guestRate(now.memory, now.stats), now.at);
    move.record.round(round);
    move.log.info({ round }, "round ended");
    roundStart = now;
    convergence = await converge(move, convergence, round.number);
  }
}

async function sample(move: SourceMove): Promise<Sample> {
  const [memory, stats] = await Promise.all([
    queryMemory(move.process.qmp),
    sessionOf(move).stats(),
  ]);
  return { at: wallClockMs(), memory, stats };
}

/** The host's limit may change while memory moves: by an administrator's word, or with the time of day. */
function followBandwidth(move: SourceMove, present: number): number {
  const wanted = move.limits.bandwidthBytesPerSecond;
  if (wanted === present) return present;
  sessionOf(move).limit("memory", wanted);
  move.log.info({ bytesPerSecond: wanted }, "the bandwidth limit changed");
  return wanted;
}

async function converge(
  move: SourceMove,
  state: ConvergenceState,
  round: number,
): Promise<ConvergenceState> {
  const decision = decide(move.record.current.rounds, state, move.limits);
  const { qmp } = move.process;
  switch (decision.kind) {
    case "go-on":
      break;
    case "raise-limit":
      await setBlackoutLimit(qmp, decision.blackoutLimitMs);
      break;
    case "throttle":
      await setThrottle(qmp, decision.percent);
      break;
    case "give-up":
      throw new FerryError(
        "migration-failed",
        `Cannot bring memory across: ${decision.why}; blackout limit ${state.blackoutLimitMs} ms`,
        { remedy: "Allow a longer blackout, a faster network, or move when the guest writes less" },
      );
  }
  if (decision.kind !== "go-on") move.log.info({ decision }, "pre-copy was tightened");
  return after(state, decision, round);
}
