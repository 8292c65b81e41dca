/**
 * A session as the rest of Ferry sees it: the authenticated conversation of two agents for one migration. Behind it
 * a worker thread owns every byte (src/session/worker.ts); this side only controls.
 */
import type { DiskEncoderStats } from "../disk-stream/disk-encoder.ts";
import type { EncoderStats } from "../memory/encoder-stats.ts";
import type { ControlMessage, ControlMessageOf } from "../protocol/messages.ts";
import type { StreamDecoding, StreamEncoding } from "./stream-coding.ts";

/**
 * `memory` carries QEMU's migration stream and, backwards, its return path; `memory:1` and so on what QEMU's own threads compress
 * (memory-coding.ts); `disk:NAME` one disk's mirror.
 */
export type BulkStream = "memory" | MemoryChannel | `disk:${string}`;
export type MemoryChannel = `memory:${number}`;

/** What a bandwidth limit holds for: one stream, all disks and files together, or everything. */
export type Limited = BulkStream | "storage" | "all";

export interface SessionStats {
  /** Bytes taken in for each bulk stream, and acknowledged by the peer's application; `memory` with all of its channels. */
  readonly streams: Record<
    string,
    {
      acceptedBytes: number;
      acknowledgedBytes: number;
      /** When the last byte was taken in: milliseconds since the epoch; null before the first. */
      lastAcceptedAt: number | null;
    }
  >;
  /** Bytes written to lanes, headers included, TLS records not. */
  readonly wireBytes: number;
  /** The same by the peer's address that the lanes lead to, one in each network. */
  readonly networks: readonly { readonly address: string; readonly wireBytes: number }[];
  readonly unacknowledgedBytes: number;
  /** What the peer drains, bytes per second, from acknowledgements. */
  readonly drainBytesPerSecond: number;
  readonly roundTripMs: number;
  readonly lanes: number;
  /** Of the memory stream where it is encoded here; null elsewhere. Its bytes in `streams` are the encoded ones. */
  readonly memory: EncoderStats | null;
  /** Of the disks' streams that are encoded here, by stream; likewise. */
  readonly disks: Readonly<Record<string, DiskEncoderStats>>;
}

export interface SessionEvents {
  /** A control message arrived, already checked against its schema. */
  message: (message: ControlMessage) => void;
  /** The last lane is gone; the session waits for a new one. */
  "link-lost": (reason: string) => void;
  "link-restored": () => void;
  /** A local socket of a bulk stream ended: `end` orderly, otherwise the reason. */
  "stream-closed": (stream: BulkStream, reason: string) => void;
  /** The target QEMU reported on the return path that it has loaded everything (`ok`), or could not. */
  "load-reported": (ok: boolean) => void;
  /** The session ended and will not come back. `reason` undefined when this side closed it. */
  closed: (reason: string | undefined) => void;
}

export interface Session extends AsyncDisposable {
  readonly id: string;
  readonly peer: { readonly domain: string; readonly host: string };
  /** The agreed protocol version. */
  readonly version: number;
  /** Whether `closed` has been said: nothing more will come. */
  readonly isOver: boolean;
  on<Event extends keyof SessionEvents>(event: Event, listener: SessionEvents[Event]): () => void;
  /** Queues a control message; it overtakes bulk data. Throws FerryError `unreachable` on a closed session. */
  send(message: ControlMessage): void;
  /**
   * Waits for the next message of one kind. Rejects with FerryError: the peer's error when it says `failed`,
   * `peer-protocol` on a message of another kind that nobody expects, `unreachable` when the session closes,
   * `timeout` at the deadline, or the signal's reason.
   */
  receive<Kind extends ControlMessage["type"]>(
    kind: Kind,
    options: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<ControlMessageOf<Kind>>;
  /**
   * Listens on a unix socket (mode 0600, owner `uid`) and carries the one connection it accepts as `stream`. With
   * `encoding` what it says is QEMU's migration stream, or its NBD client's words, and crosses encoded; the peer must
   * decode it. With channels as many more connections are accepted.
   */
  carryListening(
    stream: BulkStream,
    socketPath: string,
    owner: SocketOwner,
    encoding?: StreamEncoding,
  ): Promise<void>;
  /** Connects to a unix socket and carries it as `stream`, decoding what the peer encodes; with channels as often again. */
  carryConnecting(stream: BulkStream, socketPath: string, decoding?: StreamDecoding): Promise<void>;
  /**
   * Source only: lets the withheld SHUT of the return path through to QEMU. Called only once the handover is
   * durable: delivering it is the commit, closing the socket before it is the abort (DESIGN 12.1).
   */
  releaseReturnPath(): Promise<void>;
  /** Source only: QEMU repeats its rounds until `allowSwitchover`, and is not read faster than that is of use. */
  holdSwitchover(): void;
  /** Source only: QEMU, which waits for that word where it was told to, may stop the guest. */
  allowSwitchover(): void;
  /** Closes the local socket of a stream: on the source's memory stream before the handover, QEMU's abort. */
  closeStream(stream: BulkStream): Promise<void>;
  /** Bytes per second as they cross, encoded and with frame headers; 0 lifts the limit. It may be said again. */
  limit(stream: Limited, bytesPerSecond: number): void;
  /** How long the session may be without any lane before it ends, from now on; shorter in the blackout. */
  limitOutage(milliseconds: number): void;
  stats(): Promise<SessionStats>;
  close(reason?: string): Promise<void>;
}

export interface SocketOwner {
  readonly uid: number;
  readonly gid: number;
}
