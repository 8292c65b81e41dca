/** The QMP conversation with one QEMU, as its users see it. Implemented by src/qemu/qmp-client.ts. */

export interface QmpEvent {
  readonly event: string;
  readonly data: Record<string, unknown>;
  /** QEMU's own time stamp, milliseconds since the epoch with microseconds as fraction. */
  readonly timestampMs: number;
}

export interface Qmp extends AsyncDisposable {
  /**
   * Runs a command. Rejects with FerryError `qemu-failed` naming the command and QEMU's description, `unreachable` when
   * the socket is closed, `timeout` after `timeoutMs` (default 30 000).
   */
  execute<Result = unknown>(
    command: string,
    args?: Record<string, unknown>,
    options?: { timeoutMs?: number },
  ): Promise<Result>;
  /** True when this QEMU has the command (from `query-commands`, read once). */
  has(command: string): Promise<boolean>;
  onEvent(listener: (event: QmpEvent) => void): () => void;
  /** The next event that the predicate accepts; rejects on close, timeout or the signal. */
  waitFor(
    predicate: (event: QmpEvent) => boolean,
    options?: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<QmpEvent>;
  readonly closed: Promise<void>;
}
