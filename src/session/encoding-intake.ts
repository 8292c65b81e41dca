/** Encodes what a local socket says on its way into the session's stream: memory page by page, disks in batches. */
import { performance } from "node:perf_hooks";
import { FerryError } from "../base/errors.ts";
import type { HeldBy } from "../memory/adaptive-compressor.ts";
import type { StreamPort } from "./data-path.ts";
import type { Intake } from "./intake.ts";
import { linkLookMs } from "./limits.ts";
import { ProcessorIdle } from "./processor-idle.ts";
import { giveBack, lend } from "./slabs.ts";

/** What src/memory/memory-encoder.ts and src/disk-stream/disk-encoder.ts have in common. */
export interface StreamEncoder {
  readonly isThirsty: boolean;
  /** Takes a chunk; it may be used again when this returns. */
  write(chunk: Buffer): void;
  /** The socket is empty at the moment. */
  flush(): void;
  /** Resolves when the last batch was sent. */
  end(): Promise<void>;
  stop(): void;
  observeLink(bytesPerSecond: number, held: HeldBy, isStarved: boolean): void;
}

export interface EncoderOutlet {
  /** `release`: to be called once nobody holds the last piece. */
  readonly send: (pieces: Buffer[], release?: () => void) => void;
  readonly onThirst: () => void;
}

export class EncodingIntake implements Intake {
  onThirst = () => {};
  readonly #port: StreamPort;
  readonly #encoder: StreamEncoder;
  readonly #looks: NodeJS.Timeout;
  readonly #processors = new ProcessorIdle();
  #looked = { at: performance.now(), acknowledged: 0, heldByLink: 0, heldByPeer: 0 };
  /** Whether, since the last look, nothing was on the way at some moment. */
  #ranDry = false;
  #flushing: NodeJS.Immediate | undefined;
  /** Bytes came since `#flushing` began to wait. */
  #hasNews = false;

  constructor(port: StreamPort, makeEncoder: (outlet: EncoderOutlet) => StreamEncoder) {
    this.#port = port;
    this.#encoder = makeEncoder({
      send: (pieces, release) => {
        const body = pieces.at(-1);
        if (release !== undefined && body !== undefined) lend(body, release);
        for (const piece of pieces) port.offer(piece);
      },
      onThirst: () => this.#thirst(),
    });
    port.onThirst = () => this.#thirst();
    this.#looks = setInterval(() => this.#lookAtLink(), linkLookMs).unref();
  }

  /** Both must want more, or what waits here would be hidden from QEMU's estimate of the blackout. */
  get isThirsty(): boolean {
    return this.#encoder.isThirsty && this.#port.isThirsty;
  }

  offer(bytes: Buffer): void {
    this.#encoder.write(bytes);
    giveBack(bytes);
    this.#hasNews = true;
    this.#flushWhenQuiet();
  }

  end(): void {
    this.#rest();
    this.#encoder.end().then(
      () => this.#port.end(),
      (error: unknown) => this.#port.abort(FerryError.from(error).message),
    );
  }

  abort(reason: string): void {
    this.#rest();
    this.#encoder.stop();
    this.#port.abort(reason);
  }

  #thirst(): void {
    this.#ranDry ||= this.#port.outstandingBytes === 0;
    if (!this.isThirsty) return;
    this.onThirst();
    this.#flushWhenQuiet();
  }

  /** A batch that is not full waits while the socket has more to read: until a turn of the event loop brings none. */
  #flushWhenQuiet(): void {
    this.#flushing ??= setImmediate(() => {
      this.#flushing = undefined;
      if (this.#hasNews) {
        this.#hasNews = false;
        this.#flushWhenQuiet();
      } else if (this.isThirsty) {
        this.#encoder.flush();
      }
    });
  }

  #lookAtLink(): void {
    const now = performance.now();
    const acknowledged = this.#port.acknowledgedBytes;
    const seconds = (now - this.#looked.at) / 1000;
    const drained = (acknowledged - this.#looked.acknowledged) / seconds;
    this.#encoder.observeLink(drained, this.#heldBy(), this.#processors.isStarved);
    this.#looked = { at: now, acknowledged, ...this.#port.held };
    this.#ranDry = false;
  }

  #heldBy(): HeldBy {
    const { heldByLink, heldByPeer } = this.#port.held;
    const byLink = heldByLink - this.#looked.heldByLink;
    const byPeer = heldByPeer - this.#looked.heldByPeer;
    if (this.#ranDry || byLink + byPeer === 0) return "nothing";
    return byLink >= byPeer ? "link" : "peer";
  }

  #rest(): void {
    clearInterval(this.#looks);
    clearImmediate(this.#flushing);
  }
}
