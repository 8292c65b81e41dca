/** What becomes of a local socket's bytes on their way into a stream: nothing (StreamPort itself), or encoding. */
export interface Intake {
  /** Called when it could take more bytes. */
  onThirst: () => void;
  readonly isThirsty: boolean;
  /** Lent bytes (slabs.ts); whoever takes them in gives them back. */
  offer(bytes: Buffer): void;
  /** Nothing follows; what was offered still goes out. */
  end(): void;
  /** Nothing follows, and what was not sent yet is dropped. */
  abort(reason: string): void;
}
