/**
 * The session as the agent's main thread holds it: every call becomes a command to the worker thread, every report
 * of the worker an answer or an event.
 */
import type { Worker } from "node:worker_threads";
import { FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { controlMessageBytesMax } from "../protocol/frame.ts";
import { ControlMessage } from "../protocol/messages.ts";
import { readMessage } from "../protocol/read-message.ts";
import { asKnownTo } from "../protocol/since.ts";
import { currentVersion } from "../protocol/version.ts";
import { Inbox } from "./inbox.ts";
import type { StreamDecoding, StreamEncoding } from "./stream-coding.ts";
import { errorFromPortable } from "./portable-error.ts";
import type {
  BulkStream,
  Limited,
  Session,
  SessionEvents,
  SessionStats,
  SocketOwner,
} from "./session.ts";
import type { Call, Command, Report, WorkerSettings } from "./worker-messages.ts";

type Listeners = { [Event in keyof SessionEvents]: Set<SessionEvents[Event]> };
type Answer = PromiseWithResolvers<SessionStats | undefined>;

export class RemoteSession implements Session {
  readonly id: string;
  readonly peer: { readonly domain: string; readonly host: string };
  readonly version: number;
  readonly #worker: Worker;
  readonly #giveBack: (worker: Worker) => void;
  readonly #log: Log;
  readonly #inbox = new Inbox();
  readonly #opened = Promise.withResolvers<number>();
  readonly #exited = Promise.withResolvers<void>();
  readonly #answers = new Map<number, Answer>();
  readonly #listeners: Listeners = {
    message: new Set(),
    "link-lost": new Set(),
    "link-restored": new Set(),
    "stream-closed": new Set(),
    "load-reported": new Set(),
    closed: new Set(),
  };
  #lastCall = 0;
  #ended: FerryError | undefined;
  #closing: Promise<void> | undefined;
  #isFree = false;

  /**
   * @param worker started, and this session's alone until it ends or is given back
   * @param giveBack called when the worker has nothing of the session left
   */
  constructor(
    settings: WorkerSettings,
    log: Log,
    worker: Worker,
    giveBack: (worker: Worker) => void,
  ) {
    this.id = settings.id;
    this.peer = settings.peer;
    this.version = settings.version;
    this.#log = log.child({ session: settings.id });
    // Most failures have someone waiting; those that nobody waits for are reported by `closed`.
    this.#opened.promise.catch(() => {});
    this.#worker = worker;
    this.#giveBack = giveBack;
    this.#worker.on("message", (report: Report) => this.#reported(report));
    this.#worker.on("error", (error) => this.#fault(error));
    this.#worker.on("exit", () => this.#exit());
    this.#worker.postMessage(settings);
  }

  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** The port listened on, on a target; 0 on a source. */
  opened(): Promise<number> {
    return this.#opened.promise;
  }

  on<Event extends keyof SessionEvents>(event: Event, listener: SessionEvents[Event]): () => void {
    this.#listeners[event].add(listener);
    return () => this.#listeners[event].delete(listener);
  }

  send(message: ControlMessage): void {
    if (this.#ended !== undefined) throw this.#ended;
    const isOlder = this.version < currentVersion;
    const json = JSON.stringify(
      isOlder ? asKnownTo(this.version, ControlMessage, message) : message,
    );
    const bytes = Buffer.byteLength(json);
    if (bytes > controlMessageBytesMax) {
      throw new FerryError(
        "bad-input",
        `Cannot send message "${message.type}": ${bytes} bytes, at most ${controlMessageBytesMax} wanted`,
      );
    }
    this.#post({ type: "send", json });
  }

  receive: Session["receive"] = (kind, options) => this.#inbox.receive(kind, options);

  async carryListening(
    stream: BulkStream,
    path: string,
    owner: SocketOwner,
    encoding?: StreamEncoding,
  ): Promise<void> {
    await this.#call({ type: "carry-listening", stream, path, owner, encoding });
  }

  async carryConnecting(
    stream: BulkStream,
    path: string,
    decoding?: StreamDecoding,
  ): Promise<void> {
    await this.#call({ type: "carry-connecting", stream, path, decoding });
  }

  async releaseReturnPath(): Promise<void> {
    await this.#call({ type: "release-return-path" });
  }

  holdSwitchover(): void {
    this.#post({ type: "hold-switchover" });
  }

  allowSwitchover(): void {
    this.#post({ type: "allow-switchover" });
  }

  async closeStream(stream: BulkStream): Promise<void> {
    await this.#call({ type: "close-stream", stream });
  }

  limit(stream: Limited, bytesPerSecond: number): void {
    this.#post({ type: "limit", stream, bytesPerSecond });
  }

  limitOutage(ms: number): void {
    this.#post({ type: "limit-outage", ms });
  }

  async stats(): Promise<SessionStats> {
    const stats = await this.#call({ type: "stats" });
    if (stats === undefined) throw new FerryError("internal", "Cannot read a session's statistics");
    return stats;
  }

  close(reason?: string): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(reason: string | undefined): Promise<void> {
    this.#end(undefined, reason);
    this.#post({ type: "close", reason });
    await this.#exited.promise;
  }

  async #call(command: Command): Promise<SessionStats | undefined> {
    if (this.#closing !== undefined) throw new FerryError("unreachable", "The session is closed");
    const answer: Answer = Promise.withResolvers();
    this.#answers.set(this.#post(command), answer);
    return answer.promise;
  }

  #post(command: Command): number {
    const call: Call = { call: ++this.#lastCall, command };
    if (!this.#isFree) this.#worker.postMessage(call);
    return call.call;
  }

  #reported(report: Report): void {
    switch (report.type) {
      case "opened":
        return this.#opened.resolve(report.port);
      case "answer":
        return this.#take(report.call)?.resolve(report.stats);
      case "refusal": {
        const error = errorFromPortable(report.error);
        if (report.call === "open") return this.#opened.reject(error);
        return this.#take(report.call)?.reject(error);
      }
      case "message":
        return this.#arrived(report.json);
      case "link-restored":
        return report.first ? this.connectedFirst() : this.#emit("link-restored");
      case "link-lost":
        return this.#emit("link-lost", report.reason);
      case "stream-closed":
        return this.#emit("stream-closed", report.stream, report.reason);
      case "load-reported":
        return this.#emit("load-reported", report.ok);
      case "closed":
        return this.#end(report.reason ?? "the peer closed the session");
      case "free":
        return this.#free();
      case "log":
        return this.#log[report.level](report.fields, report.text);
    }
  }

  /** The first lane is up: of interest to a target, which was opened before it. */
  protected connectedFirst(): void {}

  /** A peer that is who it should be and yet says what cannot be said is broken: more of it helps nobody. */
  #arrived(json: string): void {
    if (this.#ended !== undefined) return;
    let message: ControlMessage;
    try {
      message = readMessage(json);
    } catch (error) {
      const reason = FerryError.from(error).message;
      this.#post({ type: "give-up", reason });
      return this.#end(reason);
    }
    this.#emit("message", message);
    try {
      this.#inbox.arrived(message);
    } catch (error) {
      void this.close(FerryError.from(error).message);
    }
  }

  #take(call: number): Answer | undefined {
    const answer = this.#answers.get(call);
    this.#answers.delete(call);
    return answer;
  }

  #emit<Event extends keyof SessionEvents>(
    event: Event,
    ...values: Parameters<SessionEvents[Event]>
  ): void {
    for (const listener of this.#listeners[event]) {
      (listener as (...values: Parameters<SessionEvents[Event]>) => void)(...values);
    }
  }

  /**
   * The conversation is over; `reason` undefined when this side ended it, `own` why it did. The worker may live on, until
   * `close`.
   */
  #end(reason: string | undefined, own?: string): void {
    if (this.#ended !== undefined) return;
    const closed = own === undefined ? "The session is closed" : `The session is closed: ${own}`;
    this.#ended = new FerryError(
      "unreachable",
      reason === undefined ? closed : `Lost the peer for good: ${reason}`,
    );
    this.#inbox.end(this.#ended);
    this.#emit("closed", reason);
  }

  #fault(error: unknown): void {
    this.#log.error({ err: error }, "the session's worker thread failed");
    this.#opened.reject(FerryError.from(error));
    this.#end("its worker thread failed");
  }

  /** The worker is another session's from now on. */
  #free(): void {
    this.#isFree = true;
    this.#worker.removeAllListeners();
    this.#exit();
    this.#giveBack(this.#worker);
  }

  #exit(): void {
    this.#end("its worker thread ended");
    const gone = this.#ended ?? new FerryError("unreachable", "The session is closed");
    this.#opened.reject(gone);
    for (const answer of this.#answers.values()) answer.reject(gone);
    this.#answers.clear();
    this.#exited.resolve();
  }
}
