/** Ways into the console's pages, as a person takes them. */
import type { Page } from "playwright-core";
import { consoleLink, type LabBrowser, untilTrue } from "../../lab/browser.ts";
import type { LabHost } from "../../lab/lab-host.ts";

/** Logs in at that host by a link, as somebody of that role. */
export async function opened(
  browser: LabBrowser,
  host: LabHost,
  role: "administrator" | "viewer",
): Promise<Page> {
  const page = await browser.page();
  await page.goto(await consoleLink(host, role));
  await heading(page, "Overview");
  return page;
}

export async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole("heading", { name, level: 1 }).waitFor();
}

/** By its address: loads the console anew. */
export async function show(page: Page, path: string): Promise<void> {
  await page.goto(new URL(`/console/${path}`, page.url()).href);
}

export const desk = { width: 1280, height: 800 } as const;
export const phone = { width: 390, height: 844 } as const;

/** Resolves when nothing of the page stands beside the window, where a finger would have to look for it. */
export async function noSidewaysScrolling(page: Page): Promise<void> {
  await untilTrue(
    page,
    "[document.documentElement, document.querySelector('main')].every((part) => part.scrollWidth <= part.clientWidth)",
  );
}
