/**
 * One end of a session inside its worker: lanes, streams and control messages put together, from the first lane to
 * the goodbye. A session without lanes waits; one that has waited too long, or whose peer is done, is over.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import { DataPath } from "./data-path.ts";
import type { Lane } from "./lane.ts";
import {
  farewellMs,
  lastWordsMs,
  refusalsLoggedMax,
  silenceMsMin,
  silencePartOfOutage,
} from "./limits.ts";
import { LocalStreams } from "./local-streams.ts";
import type { SessionStats } from "./session.ts";
import { SourceLanes } from "./source-lanes.ts";
import { TargetLanes } from "./target-lanes.ts";
import type {
  Command,
  Report,
  SourceSettings,
  TargetSettings,
  WorkerSettings,
} from "./worker-messages.ts";

export class Endpoint {
  readonly #settings: WorkerSettings;
  readonly #report: (report: Report) => void;
  readonly #dataPath: DataPath;
  readonly #local: LocalStreams;
  readonly #firstLane = Promise.withResolvers<void>();
  #stopLanes: () => void = () => {};
  #laneBroke: (lane: Lane) => void = () => {};
  #outageMs: number;
  #outageSince: number | undefined;
  #outageTimer: NodeJS.Timeout | undefined;
  #hadLane = false;
  #refusals = 0;
  #isOver = false;

  constructor(settings: WorkerSettings, report: (report: Report) => void) {
    this.#settings = settings;
    this.#report = report;
    this.#outageMs = settings.limits.outageMs;
    this.#dataPath = new DataPath(settings.limits, {
      control: (payload) => report({ type: "message", json: payload.toString() }),
      laneAdded: (lane) => this.#laneAdded(lane),
      laneLost: (lane, reason) => this.#laneLost(lane, reason),
      over: (reason) => this.#over(reason),
    });
    this.#local = new LocalStreams(this.#dataPath, settings.role, report);
  }

  /** @returns the port listened on; 0 on a source, which has its first lane then. @throws FerryError */
  async open(): Promise<number> {
    return this.#settings.role === "source"
      ? this.#openSource(this.#settings)
      : this.#openTarget(this.#settings);
  }

  async obey(command: Command): Promise<SessionStats | undefined> {
    switch (command.type) {
      case "send":
        this.#dataPath.sendControl(Buffer.from(command.json));
        return undefined;
      case "carry-listening":
        await this.#local.carryListening(command);
        return undefined;
      case "carry-connecting":
        await this.#local.carryConnecting(command);
        return undefined;
      case "release-return-path":
        await this.#local.releaseReturnPath();
        return undefined;
      case "hold-switchover":
        this.#local.holdSwitchover();
        return undefined;
      case "allow-switchover":
        this.#local.allowSwitchover();
        return undefined;
      case "close-stream":
        this.#local.close(command.stream);
        return undefined;
      case "limit":
        this.#dataPath.limit(command.stream, command.bytesPerSecond);
        return undefined;
      case "limit-outage":
        this.#limitOutage(command.ms);
        return undefined;
      case "stats":
        return { ...this.#dataPath.stats(), ...this.#local.encoderStats };
      case "give-up":
        this.#over(command.reason);
        return undefined;
      case "close":
        await this.#close(command.reason ?? "the peer closed the session");
        return undefined;
    }
  }

  async #openSource(settings: SourceSettings): Promise<number> {
    let lastFailure: FerryError | undefined;
    const lanes = new SourceLanes(settings, {
      admitted: (lane) => this.#dataPath.addLane(lane),
      failed: (error) => {
        this.#log("debug", { error: error.message }, "a lane could not be opened");
        lastFailure = error;
        // Time does not change who answers; everything else may get better.
        if (error.code === "peer-refused") this.#firstLane.reject(error);
      },
    });
    this.#stopLanes = () => lanes.stop();
    this.#laneBroke = (lane) => lanes.broken(lane);
    lanes.start();
    const timer = setTimeout(
      () => this.#firstLane.reject(lastFailure ?? noLane(settings)),
      settings.limits.connectMs,
    );
    try {
      await this.#firstLane.promise;
      return 0;
    } catch (error) {
      lanes.stop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #openTarget(settings: TargetSettings): Promise<number> {
    const lanes = new TargetLanes(settings, {
      admitted: (lane) => this.#dataPath.addLane(lane),
      refused: (remote, reason) => {
        this.#refusals += 1;
        if (this.#refusals > refusalsLoggedMax) return;
        this.#log("warn", { remote, reason }, "a connection to the session was refused");
      },
    });
    this.#stopLanes = () => lanes.stop();
    return lanes.listen();
  }

  #laneAdded(lane: Lane): void {
    this.#log("info", { lane: lane.number, remote: lane.remote }, "a lane is up");
    if (this.#dataPath.lanes > 1) return;
    this.#outageSince = undefined;
    clearTimeout(this.#outageTimer);
    this.#firstLane.resolve();
    this.#report({ type: "link-restored", first: !this.#hadLane });
    this.#hadLane = true;
  }

  #laneLost(lane: Lane, reason: string): void {
    this.#log("info", { lane: lane.number, remote: lane.remote, reason }, "a lane broke");
    this.#laneBroke(lane);
    if (this.#dataPath.lanes > 0) return;
    // It was lost when it fell silent, not when that was noticed.
    this.#outageSince = Date.now() - lane.silentMs;
    this.#watchOutage();
    this.#report({ type: "link-lost", reason });
  }

  #limitOutage(milliseconds: number): void {
    this.#outageMs = milliseconds;
    const { silenceMs } = this.#settings.limits;
    const wanted = Math.max(silenceMsMin, milliseconds * silencePartOfOutage);
    this.#dataPath.limitSilence(Math.min(silenceMs, wanted));
    this.#watchOutage();
  }

  #watchOutage(): void {
    clearTimeout(this.#outageTimer);
    if (this.#outageSince === undefined) return;
    const left = this.#outageSince + this.#outageMs - Date.now();
    const reason = `no lane for ${this.#outageMs} ms`;
    this.#outageTimer = setTimeout(() => this.#over(reason), Math.max(0, left));
  }

  /** The conversation ended. What the engine has to decide about stays open until it does (`LocalStreams`). */
  #over(reason: string): void {
    if (this.#isOver) return;
    this.#finish(reason);
    this.#local.peerLost(reason);
    this.#report({ type: "closed", reason });
  }

  async #close(reason: string): Promise<void> {
    const path = this.#dataPath;
    await until(() => this.#isOver || path.lanes === 0 || path.isControlDelivered, lastWordsMs);
    this.#finish(reason);
    this.#local.closeAll(reason);
    await until(() => path.lanes === 0, farewellMs);
  }

  #finish(reason: string): void {
    this.#isOver = true;
    clearTimeout(this.#outageTimer);
    this.#outageSince = undefined;
    this.#stopLanes();
    this.#dataPath.stop(reason);
  }

  #log(
    level: "debug" | "info" | "warn",
    fields: Record<string, string | number>,
    text: string,
  ): void {
    this.#report({ type: "log", level, fields, text });
  }
}

async function until(isSo: () => boolean, deadlineMs: number): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!isSo() && Date.now() < deadline) await sleep(2);
}

function noLane(settings: SourceSettings): FerryError {
  return new FerryError(
    "unreachable",
    `Cannot reach the target at "${settings.addresses.join(", ")}" port ${settings.port}`,
    { remedy: "Open the ports of session.portFirst to session.portLast between the hosts" },
  );
}
