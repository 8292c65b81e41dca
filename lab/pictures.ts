/**
 * `npm run pictures`: takes the pictures of the documents from the console over a lab with running guests. With `--every`
 * those of all other pages as well, to look at them; `--to DIRECTORY`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { consoleLink, LabBrowser } from "./browser.ts";
import { createGuest, guestDraft, guestPorts } from "./guest.ts";
import { Lab } from "./lab.ts";
import { rerunAsLabRoot } from "./user-namespace.ts";
import { patienceMs } from "./patience.ts";

/** Slow enough that a move can be looked at. */
const speed = "100mbit";
/** What a page needs to be at rest after it was opened. */
const restMs = 800;
/** Into a move, until its curves have a shape. */
const courseMs = 4_000;

/** What the documents show. */
const documented = ["overview", "vm", "screen", "wizard", "moving"];

const { values } = parseArgs({
  options: {
    to: { type: "string", default: join(import.meta.dirname, "../docs/pictures") },
    every: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  mkdirSync(values.to, { recursive: true });
  await using lab = await Lab.up({ name: "pictures", hosts: 3, speed, say: console.error });
  const addresses = { web01: "10.77.0.50", db01: "10.77.0.51" };
  for (const [name, address] of Object.entries(addresses)) {
    await createGuest(lab, { name, host: "host-a", address, memoryMib: 384 });
  }
  await addOthers(lab);
  await lab.client.ask(addresses.web01, guestPorts.memory, "fill 96 1");
  await lab.client.ask(addresses.web01, guestPorts.memory, "churn 50");
  await using browser = await LabBrowser.open(lab.host("host-a").namespace);
  const page = await browser.page({ colorScheme: "light" });
  await takeAll(page, lab);
  if (!values.every) return;
  const dark = await browser.page({ colorScheme: "dark" });
  dark.setDefaultTimeout(patienceMs);
  await dark.goto(await consoleLink(lab.host("host-a")));
  await dark.getByRole("heading", { name: "Overview" }).waitFor();
  await take(dark, "overview-dark");
  const phone = await browser.page({ viewport: { width: 390, height: 844 }, hasTouch: true });
  phone.setDefaultTimeout(patienceMs);
  await phone.goto(await consoleLink(lab.host("host-a")));
  await phone.getByRole("heading", { name: "Overview" }).waitFor();
  await take(phone, "phone");
}

/** VMs that are off: a domain is more than what runs at the moment. */
async function addOthers(lab: Lab): Promise<void> {
  const names = {
    "host-a": ["mail01", "build03"],
    "host-b": ["dc01", "files01"],
    "host-c": ["test07"],
  };
  for (const [host, list] of Object.entries(names)) {
    for (const name of list) {
      const body = guestDraft({ name, host, address: "10.77.0.99", memoryMib: 512 });
      await lab.host(host).api("POST /v1/vms", { body });
    }
  }
}

async function takeAll(page: Page, lab: Lab): Promise<void> {
  page.setDefaultTimeout(patienceMs);
  await page.goto(await consoleLink(lab.host("host-a")));
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  const open = async (path: string) => {
    await page.goto(new URL(`/console/${path}`, page.url()).href);
    await page.getByRole("heading", { level: 1 }).waitFor();
  };
  await take(page, "overview");
  await open("vms");
  await take(page, "vms");
  await open("vms/web01");
  await page.getByText("Possible").first().waitFor();
  await take(page, "vm");
  await open("vms/web01?tab=screen");
  await page.getByText("Live, on host-a").waitFor();
  await take(page, "screen");
  await open("vms/web01?tab=serial");
  await page.getByText("Live, on host-a").waitFor();
  await page.getByRole("group", { name: /Serial console/ }).click();
  await page.keyboard.type("\runame -a; free\r");
  await take(page, "serial");
  await open("hosts/host-b?tab=settings");
  await take(page, "host-settings");
  await open("move?vms=web01");
  await page.getByText("Possible").first().waitFor();
  await take(page, "wizard-where");
  await open("move?vms=web01&target=host-b");
  await page.getByText("Nothing stands in the way").waitFor();
  await take(page, "wizard");
  await page.getByRole("button", { name: "Move", exact: true }).click();
  await page.waitForURL("**/migrations/*");
  await page.getByRole("img", { name: /Chart: Memory left/ }).waitFor();
  await page.waitForTimeout(courseMs);
  await take(page, "moving");
  await page.getByText("it runs on host-b").waitFor();
  await take(page, "moved");
  if (!values.every) return;
  for (const path of ["migrations", "events", "domain", "hosts", "hosts/host-b?tab=places"]) {
    await open(path);
    await take(page, path.replaceAll(/\W+/g, "-"));
  }
  await open("hosts/host-b?tab=drain");
  await page.getByRole("button", { name: "Make a plan" }).click();
  await page.getByRole("button", { name: "Drain host-b by this plan" }).waitFor();
  await take(page, "drain");
}

async function take(page: Page, name: string): Promise<void> {
  if (!values.every && !documented.includes(name)) return;
  await page.waitForTimeout(restMs);
  await page.screenshot({ path: join(values.to, `${name}.png`) });
  console.error(`took ${name}`);
}

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await main();
else process.exitCode = elsewhere;
