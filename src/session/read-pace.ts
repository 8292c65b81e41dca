/**
 * How much of a socket is read while the switch-over is held (src/migration/switchover-hold.ts): QEMU, which finds less and
 * less modified, repeats its rounds as fast as it can say so. What is not read it does not say, and processors are left for
 * what everybody waits for.
 */
const tickMs = 10;
/** 100 MB of guest memory in a second: more than most guests modify, a tenth of what QEMU would give. */
const bytesPerTick = 1024 * 1024;

export class ReadPace implements Disposable {
  #left = bytesPerTick;
  readonly #ticks: NodeJS.Timeout;

  /** @param onMayRead called when there may be more to read than before */
  constructor(onMayRead: () => void) {
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
