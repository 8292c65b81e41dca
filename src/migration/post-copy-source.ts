/**
 * Source: the guest runs on the target, and this QEMU sends the pages it still misses, those it asks for first. A session
 * that ends leaves them missing: the guest stands where it touches one, and goes on when a new session has brought both
 * QEMUs together again (QEMU's recovery). There is no way back, so this goes on for as long as the agent lives; a restarted
 * agent begins here again (recovery-run.ts).
 */
import { setTimeout as wait } from "node:timers/promises";
import { wallClockMs } from "../base/clock.ts";
import { errorChain } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { migrationFailed, queryMemory, waitForStatus } from "../qemu/migration.ts";
import { resumeOutgoing, setPostCopyBandwidth } from "../qemu/post-copy.ts";
import type { Session, SessionStats } from "../session/session.ts";
import type { VmProcess } from "../vm/vm-host.ts";
import { freshSocket } from "./carry-socket.ts";
import type { MoveLimits } from "./limits.ts";
import type { PeerLink } from "./peer-link.ts";
import { postCopyBandwidth, toProgress } from "./progress.ts";
import { patientQuery } from "./post-copy-target.ts";
import type { Progress } from "./progress-snapshot.ts";
import { withRate } from "./remaining.ts";

export interface PostCopySource {
  readonly id: string;
  readonly vm: { readonly id: string; readonly name: string };
  /** The owner's generation before the move. */
  readonly generation: number;
  readonly peer: string;
  readonly process: VmProcess;
  readonly peers: PeerLink;
  readonly limits: MoveLimits;
  readonly log: Log;
  readonly stopping: AbortSignal;
  /** Undefined after a restart of the agent, until there is a new one. */
  session: Session | undefined;
  readonly progress: (progress: Progress) => void;
  /** What it waits for; null: for nothing. */
  readonly waiting: (reason: string | null) => void;
}

/** Progress is for people here; QEMU says by an event when it is over. */
const pollMs = 250;
/** A link that comes back brings its session back within so long. */
const lostMsMax = 3_000;
/** For QEMU to notice that its socket is closed. */
const pauseMs = 30_000;

/** Returns when every page has arrived. @throws FerryError `qemu-failed`, or the reason of `stopping`. */
export async function sendMissingPages(source: PostCopySource): Promise<void> {
  const { qmp } = source.process;
  let rates: readonly number[] = [];
  let meeting = new Meeting(source);
  for (;;) {
    source.stopping.throwIfAborted();
    const memory = await patientQuery(qmp);
    if (memory === undefined) continue;
    if (memory.status === "completed") return meeting.end();
    if (memory.status === "failed" || memory.status === "cancelled") {
      throw migrationFailed(memory.error, memory.status);
    }
    const isPaused = memory.status === "postcopy-paused";
    const isOver = isPaused || (await isForgotten(meeting, source));
    const stats = isOver ? undefined : await meeting.stats();
    if (stats === undefined) {
      meeting.end();
      await meetAgain(source);
      meeting = new Meeting(source);
      continue;
    }
    meeting.letLastWordPass();
    const { bandwidthBytesPerSecond: limit } = source.limits;
    meeting.limit(limit);
    rates = withRate(rates, memory.rateBytesPerSecond);
    source.progress(toProgress(memory, stats, wallClockMs(), rates, limit));
    await setPostCopyBandwidth(qmp, postCopyBandwidth(stats.drainBytesPerSecond, limit));
    await wait(pollMs, undefined, { signal: source.stopping });
  }
}

/** Both QEMUs on one session, for as long as that lasts. A short cut of the link is the session's to bridge. */
class Meeting {
  readonly #session: Session | undefined;
  readonly #detach: readonly (() => void)[];
  #isAsked = false;
  #bytesPerSecond: number | undefined;
  #lostAt: number | undefined;

  constructor({ session, peer, waiting }: PostCopySource) {
    this.#session = session;
    this.#detach =
      session === undefined
        ? []
        : [
            session.on("link-lost", () => {
              this.#lostAt = performance.now();
              waiting(`waits for the link to ${peer}`);
            }),
            session.on("link-restored", () => {
              this.#lostAt = undefined;
              waiting(null);
            }),
          ];
  }

  /** How long the session has been without a link. */
  get lostMs(): number {
    return this.#lostAt === undefined ? 0 : performance.now() - this.#lostAt;
  }

  /** Undefined when the session is over. QEMU does not notice that: its socket stays open until the engine closes it. */
  async stats(): Promise<SessionStats | undefined> {
    if (this.#session?.isOver !== false) return undefined;
    return await this.#session.stats().catch(() => undefined);
  }

  /** SHUT, QEMU's last word, may pass: the handover is durable. Refused until QEMU has connected. */
  letLastWordPass(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#session?.releaseReturnPath().catch(() => {
      this.#isAsked = false;
    });
  }

  /** The move's limit holds again: it was lifted while the guest stood still. */
  limit(bytesPerSecond: number): void {
    if (bytesPerSecond === this.#bytesPerSecond) return;
    this.#bytesPerSecond = bytesPerSecond;
    this.#session?.limit("memory", bytesPerSecond);
  }

  end(): void {
    for (const stop of this.#detach) stop();
  }
}

/** The target answers, and the session has no link to it: its agent was started anew, and the guest there shall not wait for the session's end. */
async function isForgotten(
  meeting: Meeting,
  { peers, peer, id }: PostCopySource,
): Promise<boolean> {
  if (meeting.lostMs < lostMsMax) return false;
  return await peers.status(peer, id).then(
    () => true,
    () => false, // the link is gone: the session waits for it
  );
}

/** A new session, and both QEMUs on it. Tries for as long as it takes. */
async function meetAgain(source: PostCopySource): Promise<void> {
  const { log, limits, peer, stopping, waiting } = source;
  waiting(`waits for ${peer}: pages that the guest misses are here`);
  for (;;) {
    stopping.throwIfAborted();
    await source.session?.close("Post-copy goes on in a new session");
    source.session = undefined;
    try {
      await resume(source);
      log.info("post-copy goes on");
      return waiting(null);
    } catch (error) {
      log.warn({ reason: errorChain(error) }, "post-copy stands; trying again");
      await wait(limits.takeRetryMs, undefined, { signal: stopping });
    }
  }
}

async function resume(source: PostCopySource): Promise<void> {
  const { id, vm, generation, peer, peers, process, limits, stopping: signal } = source;
  const { qmp, directory, uid, gid } = process;
  await waitForStatus(qmp, ["postcopy-paused", "completed"], { timeoutMs: pauseMs, signal });
  if ((await queryMemory(qmp)).status === "completed") return;
  const request = { migrationId: id, vmId: vm.id, vmName: vm.name, generation };
  const session = await peers.openSession(
    peer,
    { ...request, purpose: "post-copy" },
    { everyNetwork: false, wayBytesPerSecond: null, signal },
  );
  source.session = session;
  session.send({ type: "receive", mayPostCopy: true });
  await session.receive("receiving", { signal, timeoutMs: limits.setupTimeoutMs });
  const socket = await freshSocket(directory, "migration-out.sock");
  await session.carryListening("memory", socket, { uid, gid });
  await resumeOutgoing(qmp, socket);
}
