/** Holds a page against WCAG 2.1 AA by axe. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const options: RunOptions = {
  runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] },
};

/** Where Fluent UI's keyboard navigation catches the focus to hand it on at once: nobody ever stands there. */
const context = { exclude: ["[data-tabster-dummy]"] };

export async function requireAccessible(page: Page, what: string): Promise<void> {
  assert.deepEqual(await violations(page), [], `${what} is accessible`);
}

/** Every violation as a line: rule, where, and what is wrong. */
export async function violations(page: Page): Promise<string[]> {
  // The page's own policy lets no other script in; the driver's world is beside it.
  await page.evaluate(source);
  const results = await page.evaluate(
    async ([where, wanted]) =>
      await (
        globalThis as unknown as {
          axe: { run(where: object, given: RunOptions): Promise<AxeResults> };
        }
      ).axe.run(where, wanted),
    [context, options] as const,
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${String(target)}: ${failureSummary}`),
  );
}
