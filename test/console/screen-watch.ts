/** Looks at a VM's screen on a page as a person would: is there a picture, and was there one all the time. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { untilTrue } from "../../lab/browser.ts";

/** In the page: whether the topmost canvas of the screen that is drawn shows anything at all. */
const hasPicture = `(() => {
  const canvases = [...document.querySelectorAll('[aria-label^="Screen of"] canvas')];
  return canvases.some((canvas) => {
    if (canvas.width === 0 || canvas.height === 0) return false;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) if (data[at] + data[at + 1] + data[at + 2] > 60) return true;
    return false;
  });
})()`;

export class ScreenWatch {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Resolves when there is a picture. */
  async shown(): Promise<void> {
    await this.#page.getByText(/Live, on host-/).waitFor();
    await untilTrue(this.#page, hasPicture);
  }

  /** From now on every frame that the page draws is looked at. */
  begin(): void {
    void this.#page.evaluate(`
      globalThis.looked = { frames: 0, dead: 0 };
      const look = () => {
        globalThis.looked.frames += 1;
        if (!${hasPicture}) globalThis.looked.dead += 1;
        setTimeout(look, 50);
      };
      look();
    `);
  }

  async requireNeverDead(): Promise<void> {
    const looked = await this.#page.evaluate<{ frames: number; dead: number }>("globalThis.looked");
    assert.ok(looked.frames > 10, `looked ${looked.frames} times`);
    assert.equal(looked.dead, 0, `of ${looked.frames} looks, those without a picture`);
  }
}
