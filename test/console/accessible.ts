/** Holds a page against WCAG 2.1 AA by axe, as it looks light and as it looks dark. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";
import { untilTrue } from "../../lab/browser.ts";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const everything: RunOptions = {
  runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] },
  resultTypes: ["violations"],
};
/** The two looks differ in nothing but their colours. */
const colours: RunOptions = {
  runOnly: { type: "rule", values: ["color-contrast"] },
  resultTypes: ["violations"],
};

/** In the page: whether what lies behind everything has that look by now, and nothing is on its way there any more. */
const looks = (isDark: boolean): string =>
  `Number(/\\d+/.exec(getComputedStyle(document.querySelector("main")).backgroundColor)?.[0]) < 100 === ${isDark} &&
  !document.getAnimations().some((animation) => animation instanceof CSSTransition)`;
export const isDark = looks(true);

/** Where Fluent UI's keyboard navigation catches the focus to hand it on at once: nobody ever stands there. */
const exclude = ["[data-tabster-dummy]"];

/** @param within A selector: only that part of the page, where the rest is known already. */
export async function requireAccessible(page: Page, what: string, within?: string): Promise<void> {
  await untilTrue(page, looks(false));
  assert.deepEqual(await violations(page, everything, within), [], `${what} is accessible`);
  await page.emulateMedia({ colorScheme: "dark" });
  await untilTrue(page, isDark);
  assert.deepEqual(
    await violations(page, colours, within),
    [],
    `${what} is accessible where it is dark`,
  );
  await page.emulateMedia({ colorScheme: "light" });
}

/** Every violation as a line: rule, where, and what is wrong. */
async function violations(
  page: Page,
  options: RunOptions,
  within: string | undefined,
): Promise<string[]> {
  // The page's own policy lets no other script in; the driver's world is beside it.
  if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(source);
  const results = await page.evaluate(
    async ([where, wanted]) =>
      await (
        globalThis as unknown as {
          axe: { run(where: object, given: RunOptions): Promise<AxeResults> };
        }
      ).axe.run(where, wanted),
    [{ ...(within !== undefined && { include: [within] }), exclude }, options] as const,
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${String(target)}: ${failureSummary}`),
  );
}
