/**
 * `npm run pictures`: takes the pictures of the documents from the console over a lab with running guests, and steps into a
 * move that would not end by itself. `--every`: all other pages as well, to look at them; `--to DIRECTORY`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BrowserContextOptions, CDPSession, Locator, Page } from "playwright-core";
import { consoleLink, LabBrowser } from "./browser.ts";
import { createGuest, guestDraft, guestPorts } from "./guest.ts";
import { Lab } from "./lab.ts";
import { rerunAsLabRoot } from "./user-namespace.ts";

/** Slow enough that a move can be looked at. */
const speed = "60mbit";
/** What a page needs to be at rest after it was opened. */
const restMs = 800;
/** Into a move, until its curves have a shape. */
const courseMs = 6_000;
/** Of the guest's own clock, until `top` has written its whole list again. */
const listMs = 4_000;
/** Pixels of a picture for one of the page. */
const density = 2;
const quality = 80;

/** What the documents show. */
const documented = new Set([
  ...["overview", "vm", "wizard", "moving", "moved", "cluster", "phone"],
  ...["screen-before", "screen-during", "screen-after"],
]);

const { values } = parseArgs({
  options: {
    to: { type: "string", default: join(import.meta.dirname, "../docs/pictures") },
    every: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  mkdirSync(values.to, { recursive: true });
  await using lab = await Lab.up({ name: "pictures", hosts: 3, speed, say: console.error });
  await fill(lab);
  await using browser = await LabBrowser.open(lab.host("host-a").namespace);
  const log = async (options: BrowserContextOptions = {}): Promise<Page> => {
    const page = await browser.page({
      deviceScaleFactor: density,
      colorScheme: "light",
      ...options,
    });
    await page.goto(await consoleLink(lab.host("host-a")));
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    return page;
  };
  const page = await log();
  await takeAtRest(page);
  await takeMove(page, await log(), await log({ viewport: { width: 390, height: 844 } }));
  await takeOrdinaryMove(lab, page);
  await takeCluster(lab, page);
  if (values.every) await takeOthers(page, await log({ colorScheme: "dark" }));
}

/** Two guests that run, one of them writing more than the wire takes, and VMs that are off: a domain is more than what runs. */
async function fill(lab: Lab): Promise<void> {
  const addresses = { web01: "10.77.0.50", db01: "10.77.0.51" };
  for (const [name, address] of Object.entries(addresses)) {
    const guest = { name, host: "host-a", address, memoryMib: 384 };
    const draft = guestDraft(guest);
    const { kernelBoot } = draft;
    // What it says can be seen on its screen.
    const commandLine = `console=tty0 ${kernelBoot?.commandLine ?? ""}`;
    await createGuest(lab, {
      ...guest,
      draft: { ...(kernelBoot && { kernelBoot: { ...kernelBoot, commandLine } }), tags: ["shop"] },
    });
    const shown = "(exec top -d 1 </dev/tty1 >/dev/tty1 2>&1) & echo shown";
    await lab.client.ask(address, guestPorts.command, shown);
  }
  await lab.client.ask(addresses.web01, guestPorts.memory, "fill 160 1");
  await lab.client.ask(addresses.web01, guestPorts.memory, "churn 4000");
  const off = {
    "host-a": ["mail01", "build03"],
    "host-b": ["dc01", "files01"],
    "host-c": ["test07"],
  };
  for (const [host, names] of Object.entries(off)) {
    for (const name of names) {
      const body = guestDraft({ name, host, address: "10.77.0.99", memoryMib: 512 });
      await lab.host(host).api("POST /v1/vms", { body });
    }
  }
}

async function open(page: Page, path: string, shows?: Locator): Promise<void> {
  await page.goto(new URL(`/console/${path}`, page.url()).href);
  await (shows ?? page.getByRole("heading", { level: 1 })).first().waitFor();
}

async function takeAtRest(page: Page): Promise<void> {
  await open(page, "vms");
  await take(page, "vms");
  await open(page, "vms/web01", page.getByText("Possible"));
  await page.getByText("A move would take").first().waitFor();
  await take(page, "vm");
  await open(page, "vms/web01?tab=serial", page.getByText("Live, on host-a"));
  await page.getByRole("group", { name: /Serial console/ }).click();
  await page.keyboard.type("\runame -a; free\r");
  await take(page, "serial");
  await open(page, "hosts/host-b?tab=settings");
  await take(page, "host-settings");
  await open(page, "move?vms=web01", page.getByText("Possible"));
  await take(page, "wizard-where");
  await open(page, "move?vms=web01&target=host-b", page.getByText("Nothing stands in the way"));
  await take(page, "wizard");
}

/** A move that the guest outruns: watched on three screens, hurried, throttled, and switched over at a word. */
async function takeMove(page: Page, beside: Page, phone: Page): Promise<void> {
  await open(beside, "vms/web01?tab=screen", beside.getByText("Live, on host-a"));
  await take(beside, "screen-before");
  await page.getByRole("button", { name: "Move", exact: true }).click();
  await page.waitForURL("**/migrations/*");
  await page.getByRole("img", { name: /Chart: Memory left/ }).waitFor();
  await page.waitForTimeout(courseMs);
  await page.getByRole("button", { name: "Slow the guest down" }).click();
  await page.getByText("web01 is slowed down").first().waitFor();
  await page.getByRole("button", { name: "Allow the longest blackout" }).click();
  await page
    .getByText(/web01 may stand still for as long/)
    .first()
    .waitFor();
  await page.waitForTimeout(courseMs);
  await phone.goto(page.url());
  await phone.getByRole("img", { name: /Chart: Memory left/ }).waitFor();
  await take(phone, "phone");
  await take(page, "moving");
  await page.getByRole("button", { name: "Switch over now" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Switch over now" }).click();
  await beside.getByText("It changes hosts").waitFor();
  await take(beside, "screen-during", 0);
  await page.getByText("it runs on host-b").waitFor();
  await take(page, "moved-at-a-word");
  // Only now is its first line surely the target's.
  await beside.getByText("Live, on host-b").waitFor();
  await take(beside, "screen-after", listMs);
}

/** One as they usually are: of a guest that has little to do. */
async function takeOrdinaryMove(lab: Lab, page: Page): Promise<void> {
  const body = { vm: "db01", target: "host-c" };
  const { id } = await lab.host("host-a").api("POST /v1/migrations", { body });
  await open(page, `migrations/${id}`, page.getByText("it runs on host-c"));
  await take(page, "moved");
}

async function takeCluster(lab: Lab, page: Page): Promise<void> {
  const [a, ...others] = lab.hosts;
  // A machine that also draws pictures may keep a host waiting.
  await a?.api("POST /v1/cluster", { body: { name: "prod", settings: { leaseMs: 60_000 } } });
  for (const host of others) await host.api("POST /v1/cluster/join", { body: {} });
  const body = { priority: "high", preferredHosts: ["host-c"], possibleHosts: null, apart: [] };
  for (const vm of ["web01", "db01"]) {
    await a?.api("PUT /v1/vms/{vm}/cluster", {
      params: { vm },
      body: { ...body, priority: "high" },
    });
  }
  const hasQuorum = page.getByText("Yes: 3 of 3 members work, it takes 2");
  await open(page, "cluster", hasQuorum);
  await page.getByRole("button", { name: "Propose moves" }).click();
  await page
    .getByText(/free of/)
    .first()
    .waitFor();
  await take(page, "cluster");
  await open(page, "");
  await page.getByLabel("Host host-c").getByText("vCPUs").waitFor();
  await take(page, "overview");
}

async function takeOthers(page: Page, dark: Page): Promise<void> {
  const paths = [
    "migrations",
    "events",
    "domain",
    "hosts",
    "hosts/host-b",
    "hosts/host-b?tab=places",
  ];
  const ofVm = ["vms/web01", "vms/web01?tab=hardware", "vms/web01?tab=moves"];
  for (const path of [...paths, ...ofVm, "move", "preferences", "nowhere"]) {
    await open(page, path);
    await take(page, path.replaceAll(/\W+/g, "-"));
  }
  await open(page, "vms");
  await page.getByRole("button", { name: "Create a VM" }).click();
  await take(page, "create");
  await open(page, "vms/mail01?tab=hardware");
  await page.getByRole("button", { name: "Edit" }).click();
  await take(page, "edit");
  await open(page, "hosts/host-b?tab=drain");
  await page.getByRole("button", { name: "Make a plan" }).click();
  await page.getByRole("button", { name: "Drain host-b by this plan" }).waitFor();
  await take(page, "drain");
  for (const path of ["", "vms", "cluster", "vms/web01", "domain"]) {
    await open(dark, path);
    await take(dark, `dark-${path.replaceAll(/\W+/g, "-")}`);
  }
}

async function take(page: Page, name: string, waitMs: number = restMs): Promise<void> {
  if (!values.every && !documented.has(name)) return;
  await page.waitForTimeout(waitMs);
  const driver = await driverOf(page);
  const { data } = await driver.send("Page.captureScreenshot", { format: "webp", quality });
  writeFileSync(join(values.to, `${name}.webp`), Buffer.from(data, "base64"));
  console.error(`took ${name}`);
}

const drivers = new WeakMap<Page, CDPSession>();

/** N.B. one for all pictures of a page: a session of its own that knows no density takes the page's away, for good. */
async function driverOf(page: Page): Promise<CDPSession> {
  const present = drivers.get(page);
  if (present !== undefined) return present;
  const driver = await page.context().newCDPSession(page);
  drivers.set(page, driver);
  const size = page.viewportSize() ?? { width: 1280, height: 800 };
  const metrics = { ...size, deviceScaleFactor: density, mobile: false };
  await driver.send("Emulation.setDeviceMetricsOverride", metrics);
  return driver;
}

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await main();
else process.exitCode = elsewhere;
