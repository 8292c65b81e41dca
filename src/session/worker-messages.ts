/**
 * What the agent's main thread and a session's worker thread say to each other: plain data, structured-cloned. The
 * private key passes here and nowhere else.
 */
import type { ErrorBody } from "../base/errors.ts";
import type { PeerIdentity, TrustSnapshot } from "../trust/peer-identity.ts";
import type { StreamDecoding, StreamEncoding } from "./stream-coding.ts";
import type { SessionLimits } from "./options.ts";
import type { BulkStream, Limited, SessionStats, SocketOwner } from "./session.ts";

interface CommonSettings {
  readonly id: string;
  readonly version: number;
  readonly credentials: { readonly key: string; readonly certificate: string };
  readonly trust: TrustSnapshot;
  readonly peer: PeerIdentity;
  readonly limits: SessionLimits;
  readonly addresses: readonly string[];
  readonly ticket: string;
}

export interface SourceSettings extends CommonSettings {
  readonly role: "source";
  readonly port: number;
  readonly lanes: number;
}

export interface TargetSettings extends CommonSettings {
  readonly role: "target";
  readonly portFirst: number;
  readonly portLast: number;
}

export type WorkerSettings = SourceSettings | TargetSettings;

/** Main thread to worker. */
export type Command =
  | { readonly type: "send"; readonly json: string }
  | {
      readonly type: "carry-listening";
      readonly stream: BulkStream;
      readonly path: string;
      readonly owner: SocketOwner;
      readonly encoding: StreamEncoding | undefined;
    }
  | {
      readonly type: "carry-connecting";
      readonly stream: BulkStream;
      readonly path: string;
      readonly decoding: StreamDecoding | undefined;
    }
  | { readonly type: "release-return-path" }
  | { readonly type: "hold-switchover" }
  | { readonly type: "allow-switchover" }
  | { readonly type: "close-stream"; readonly stream: BulkStream }
  | {
      readonly type: "limit";
      readonly stream: Limited;
      readonly bytesPerSecond: number;
    }
  | { readonly type: "limit-outage"; readonly ms: number }
  | { readonly type: "stats" }
  /** The peer says what cannot be said: as if it were lost for good. */
  | { readonly type: "give-up"; readonly reason: string }
  | { readonly type: "close"; readonly reason: string | undefined };

/** A command and the number its answer will carry. */
export interface Call {
  readonly call: number;
  readonly command: Command;
}

/** Worker to main thread. */
export type Report =
  | { readonly type: "opened"; readonly port: number }
  | { readonly type: "answer"; readonly call: number; readonly stats?: SessionStats }
  | { readonly type: "refusal"; readonly call: number | "open"; readonly error: PortableError }
  /** As it came: what it says is checked in the main thread, which knows the schemas; loading them costs a thread most of its start. */
  | { readonly type: "message"; readonly json: string }
  | { readonly type: "link-lost"; readonly reason: string }
  | { readonly type: "link-restored"; readonly first: boolean }
  | { readonly type: "stream-closed"; readonly stream: BulkStream; readonly reason: string }
  | { readonly type: "load-reported"; readonly ok: boolean }
  | { readonly type: "closed"; readonly reason: string | undefined }
  /** The session was told to close and nothing of it is left: the thread may serve another. Else it ends. */
  | { readonly type: "free" }
  | {
      readonly type: "log";
      readonly level: "debug" | "info" | "warn";
      readonly fields: Record<string, string | number>;
      readonly text: string;
    };

/** An error on its way between threads: its body, and the chain of its causes as one line. */
export interface PortableError {
  readonly body: ErrorBody;
  readonly cause?: string;
}
