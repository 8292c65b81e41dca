/** Lets a guest count at its serial console and reads what the page is told, across all the lines it opens. */
import assert from "node:assert/strict";
import type { Page, WebSocket } from "playwright-core";

/** A count about every 20 ms: more would be a test of the emulated CPU. */
const counting = "i=0; while :; do i=$((i+1)); echo count=$i.; usleep 20000; done\r";
const enough = 20;

export class SerialWatch {
  readonly #page: Page;
  #text = "";

  constructor(page: Page) {
    this.#page = page;
    page.on("websocket", (socket: WebSocket) => {
      socket.on("framereceived", ({ payload }) => {
        if (typeof payload !== "string") this.#text += payload.toString("latin1");
      });
    });
  }

  /** Starts the counting by the keyboard. */
  async count(): Promise<void> {
    await this.#page.getByText("Live, on host-a").waitFor();
    await this.#page.getByRole("group", { name: /Serial console of/ }).click();
    await this.#page.keyboard.type("\r");
    await this.#page.keyboard.type(counting);
    await this.#until(() => this.#counts().length > enough);
  }

  /** Resolves when the guest has counted on for a while. */
  async goesOn(): Promise<void> {
    const before = this.#counts().length;
    await this.#until(() => this.#counts().length > before + enough);
  }

  /** Resolves when the page has been told that count. */
  async beganAt(count: number): Promise<void> {
    await this.#until(() => this.#counts().includes(count));
    this.requireWhole();
  }

  requireWhole(): void {
    const counts = this.#counts();
    const wanted = counts.map((_, index) => index + 1);
    assert.deepEqual(counts, wanted, "every line came, once, in order");
  }

  #counts(): number[] {
    return [...this.#text.matchAll(/^count=(\d+)\.\r?$/gm)].map(([, count]) => Number(count));
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#page.waitForTimeout(100);
  }
}
