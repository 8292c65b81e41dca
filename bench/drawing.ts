/** How smoothly a page draws: its frames, and what they cost the thread that its program runs on. */
import type { CDPSession, Page } from "playwright-core";

const countedMs = 5_000;

interface Frames {
  readonly drawn: number;
  readonly longestMs: number;
  /** Tasks that kept the page from anything else for more than 50 ms. */
  readonly longTasks: number;
  readonly tookMs: number;
}

const count = `
  new Promise((resolve) => {
    let longTasks = 0;
    const observer = new PerformanceObserver((list) => { longTasks += list.getEntries().length; });
    observer.observe({ type: "longtask" });
    const begun = performance.now();
    let [drawn, last, longestMs] = [0, begun, 0];
    const next = (now) => {
      drawn += 1;
      longestMs = Math.max(longestMs, now - last);
      last = now;
      const tookMs = now - begun;
      if (tookMs < ${countedMs}) return requestAnimationFrame(next);
      observer.disconnect();
      resolve({ drawn, longestMs, longTasks, tookMs });
    };
    requestAnimationFrame(next);
  })
`;

export class Drawing {
  readonly #page: Page;
  readonly #driver: CDPSession;

  private constructor(page: Page, driver: CDPSession) {
    this.#page = page;
    this.#driver = driver;
  }

  static async of(page: Page): Promise<Drawing> {
    const driver = await page.context().newCDPSession(page);
    // The time that the thread had, not the time that passed: other programs of the machine take some of that.
    await driver.send("Performance.enable", { timeDomain: "threadTicks" });
    return new Drawing(page, driver);
  }

  /** Watches for some seconds and prints what was seen. */
  async say(what: string): Promise<void> {
    const before = await this.#busyMs();
    const { drawn, longestMs, longTasks, tookMs } = await this.#page.evaluate<Frames>(count);
    const busyMs = (await this.#busyMs()) - before;
    const figures = [
      `${((drawn / tookMs) * 1000).toFixed(1)} frames a second`,
      `${Math.round(longestMs)} ms at most between two`,
      `${(busyMs / drawn).toFixed(1)} ms of the page's thread for one`,
      `${longTasks} tasks above 50 ms`,
    ];
    console.log(`${what}: ${figures.join(", ")}`);
  }

  async #busyMs(): Promise<number> {
    const { metrics } = await this.#driver.send("Performance.getMetrics");
    return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0) * 1000;
  }
}
