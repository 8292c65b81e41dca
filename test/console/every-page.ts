/** Walks through every page of the console and holds each against WCAG: a new page that is not in this list is a gap. */
import type { Locator, Page } from "playwright-core";
import { requireAccessible } from "./accessible.ts";

interface Place {
  /** Below `/console/`. */
  readonly path: string;
  /** What is there once the page shows what it is for. */
  readonly shows: (page: Page) => Locator;
}

const button = (name: string | RegExp) => (page: Page) => page.getByRole("button", { name });
const table = (name: string) => (page: Page) =>
  page.getByRole("table", { name }).getByRole("link").first();
const text = (words: string | RegExp) => (page: Page) => page.getByText(words).first();

const places: readonly Place[] = [
  { path: "", shows: (page) => page.getByLabel("Host host-b").getByText("vCPUs") },
  { path: "hosts", shows: table("Hosts") },
  { path: "hosts/host-a", shows: text("Guests run on") },
  // Where the VM is by now.
  { path: "hosts/host-a?tab=vms", shows: table("VMs of host-a") },
  {
    path: "hosts/host-a?tab=settings",
    shows: (page) => page.getByLabel("Moves leave this host and come to it"),
  },
  { path: "hosts/host-a?tab=places", shows: text(/on bridge/) },
  { path: "hosts/host-a?tab=drain", shows: button("Make a plan") },
  { path: "hosts/host-a?tab=shutdown", shows: button("Make a plan") },
  { path: "hosts/nowhere", shows: text("This domain has no host nowhere.") },
  { path: "vms", shows: table("Virtual machines") },
  { path: "vms/web01", shows: text(/Possible/) },
  { path: "vms/web01?tab=screen", shows: text(/Live, on/) },
  { path: "vms/web01?tab=serial", shows: text(/Live, on/) },
  { path: "vms/web01?tab=hardware", shows: button("Edit") },
  { path: "vms/web01?tab=moves", shows: table("Moves") },
  { path: "migrations", shows: table("Moves of the past") },
  { path: "move", shows: button("Next") },
  { path: "move?vms=web01", shows: text(/Possible/) },
  { path: "cluster", shows: button("Create a cluster") },
  { path: "domain", shows: text("Tokens of host-a") },
  {
    path: "events",
    shows: (page) => page.getByRole("table", { name: "Events" }).getByRole("cell").first(),
  },
  { path: "preferences", shows: text("Dates and numbers") },
  { path: "nowhere", shows: text("Go to the overview") },
];

export async function requireEveryPageAccessible(page: Page): Promise<void> {
  for (const { path, shows } of places) {
    await goTo(page, path);
    await shows(page).waitFor();
    // What is around it is the same on all of them.
    await requireAccessible(page, `/console/${path}`, path === "" ? undefined : "main");
  }
}

/** As a link does it: the console itself is not loaded anew. */
async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate((address) => {
    (
      globalThis as unknown as { history: { pushState(...given: unknown[]): void } }
    ).history.pushState(null, "", address);
  }, `/console/${path}`);
}
