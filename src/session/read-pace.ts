/**
 * How much of a socket is read while the switch-over is held (src/migration/switchover-hold.ts): QEMU, which finds less and
 * less modified, repeats its rounds as fast as it can say so. What is not read it does not say, and processors are left for
 * what everybody waits for.
 */
const tickMs = 10;
/** Of QEMU's stream, 100 MB of guest memory in a second: more than most guests modify, a tenth of what QEMU would give. */
const plainBytesPerTick = 1024 * 1024;
/** A channel is compressed. */
const channelBytesPerTick = plainBytesPerTick / 8;

export class ReadPace implements Disposable {
  #left: number;
  readonly #ticks: NodeJS.Timeout;

  /** @param onMayRead called when there may be more to read than before */
  constructor(isChannel: boolean, onMayRead: () => void) {
    const bytesPerTick = isChannel ? channelBytesPerTick : plainBytesPerTick;
    this.#left = bytesPerTick;
    this.#ticks = setInterval(() => {
      this.#left = bytesPerTick;
      onMayRead();
    }, tickMs).unref();
  }

  get mayRead(): boolean {
    return this.#left > 0;
  }

  read(bytes: number): void {
    this.#left -= bytes;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#ticks);
  }
}
