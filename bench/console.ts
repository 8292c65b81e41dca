/**
 * `node bench/console.ts`: the console in Chromium over real agents. How long until the first page can be used with 200 VMs, how many
 * frames a second it draws while four moves run and what one costs the page's own thread, how long the search among 5,000 VMs takes
 * for a letter, and how large the parts of the program are. `--many 5000`; `--loads 5`: how often a page is opened; `--no-moves`: without guests.
 */
import { randomUUID } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { consoleLink, LabBrowser, untilTrue } from "../lab/browser.ts";
import { createGuest } from "../lab/guest.ts";
import { endWithLab } from "../lab/end-with-lab.ts";
import { Lab } from "../lab/lab.ts";
import type { LabHost } from "../lab/lab-host.ts";
import { rerunAsLabRoot } from "../lab/user-namespace.ts";
import { openDatabase } from "../src/database/database.ts";
import { Registry } from "../src/vm/registry.ts";
import { Drawing } from "./drawing.ts";
import { median } from "./sample.ts";

const few = 200;
const guests = ["web01", "web02", "web03", "web04"];
/** Slow enough that all four still run when the last frame is counted. */
const slow = { bandwidthBytesPerSecond: 1_000_000 };
const dist = join(import.meta.dirname, "../console/dist/assets");

/** Tells when the map shows a VM and the page has time for who wants to click on it. */
const noteUsable = `
  const seen = new MutationObserver(() => {
    if (document.querySelector('[aria-label^="Host "] a[href*="/vms/"]') === null) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => { globalThis.usableMs = performance.now(); }));
  });
  seen.observe(document, { childList: true, subtree: true });
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      many: { type: "string", default: "5000" },
      loads: { type: "string", default: "5" },
      moves: { type: "boolean", default: true },
    },
    allowNegative: true,
  });
  await sizes();
  endWithLab("bench-console");
  await using lab = await Lab.up({ name: "bench-console", say: console.error });
  const [a] = lab.hosts;
  if (a === undefined) throw new Error("the lab has no host");
  const moves = String(guests.length);
  for (const host of lab.hosts) await host.ferry(["host", "set", host.name, "--max-moves", moves]);
  const moving = values.moves ? guests : [];
  for (const [index, name] of moving.entries()) {
    console.error(`Starting ${name}`);
    await createGuest(lab, { name, host: a.name, address: `10.77.0.${60 + index}` });
  }
  await addVms(a, moving.length, few);
  await using browser = await LabBrowser.open(a.namespace);
  const loads = Number(values.loads);
  await firstPage(browser, a, { vms: few, loads });
  if (values.moves) await frames(browser, a);
  const many = Number(values.many);
  await addVmsAtRest(a, few, many);
  await firstPage(browser, a, { vms: many, loads });
  await search(browser, a, many);
}

async function sizes(): Promise<void> {
  const names = (await readdir(dist)).filter((name) => name.endsWith(".br"));
  const found = await Promise.all(
    names.map(async (name) => ({ name, bytes: (await stat(join(dist, name))).size })),
  );
  for (const { name, bytes } of found.toSorted((one, other) => other.bytes - one.bytes)) {
    console.log(`compressed ${(bytes / 1000).toFixed(1).padStart(7)} kB  ${name}`);
  }
}

/** VMs that are off, up to that number in all. */
async function addVms(host: LabHost, from: number, to: number): Promise<void> {
  console.error(`Making VMs up to ${to}`);
  using client = host.client();
  const names = Array.from({ length: to - from }, (_, index) => `vm${from + index}`);
  const makers = Array.from({ length: 8 }, async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const body = { name, memoryMib: 64, tags: [`team-${name.length}`], vnc: false };
      await client.call("POST /v1/vms", { body });
    }
  });
  await Promise.all(makers);
}

/** The same, put into the agent's own store by its own code: thousands, one by one over the API, take longer than all that is measured here. */
async function addVmsAtRest(host: LabHost, from: number, to: number): Promise<void> {
  console.error(`Making VMs up to ${to}`);
  const { definition } = await host.api("GET /v1/vms/{vm}", { params: { vm: `vm${from - 1}` } });
  await host.agent.stop();
  const database = openDatabase(join(host.directory, "state/ferry.db"));
  const registry = new Registry(database);
  database.exec("BEGIN");
  for (let index = from; index < to; index++) {
    registry.insert({
      definition: { ...definition, id: randomUUID(), name: `vm${index}` },
      ...{ ownership: "owner", generation: 1, migration: null, process: null },
      createdAt: Date.now(),
    });
  }
  database.exec("COMMIT");
  database.close();
  await host.agent.start();
}

async function loggedIn(browser: LabBrowser, host: LabHost): Promise<Page> {
  const page = await browser.page();
  page.setDefaultTimeout(120_000);
  await page.addInitScript(noteUsable);
  await page.goto(await consoleLink(host));
  await untilTrue(page, "globalThis.usableMs !== undefined");
  return page;
}

async function firstPage(
  browser: LabBrowser,
  host: LabHost,
  { vms, loads }: { readonly vms: number; readonly loads: number },
): Promise<void> {
  const page = await loggedIn(browser, host);
  const usable: number[] = [];
  const driver = await page.context().newCDPSession(page);
  for (const caches of ["nothing kept", "files kept"]) {
    await driver.send("Network.setCacheDisabled", { cacheDisabled: caches === "nothing kept" });
    for (let load = 0; load < loads; load++) {
      await page.reload();
      await untilTrue(page, "globalThis.usableMs !== undefined");
      usable.push(await page.evaluate<number>("globalThis.usableMs"));
    }
    const all = usable.splice(0).map(Math.round);
    console.log(`first page, ${vms} VMs, ${caches}: median ${median(all)} ms (${all.join(", ")})`);
  }
  await page.context().close();
}

async function frames(browser: LabBrowser, host: LabHost): Promise<void> {
  const page = await loggedIn(browser, host);
  const drawing = await Drawing.of(page);
  await drawing.say("the overview, nothing moves");
  for (const vm of guests) {
    const body = { vm, target: "host-b", options: slow };
    await host.api("POST /v1/migrations", { body });
  }
  await page.getByRole("link", { name: "Migrations" }).first().click();
  await page
    .getByRole("progressbar")
    .nth(guests.length - 1)
    .waitFor();
  await drawing.say("the list of four moves that run");
  await page.getByRole("link", { name: "web01" }).first().click();
  await page.getByRole("img", { name: "Chart: Memory left to send" }).waitFor();
  await drawing.say("the page of one of them, with charts");
  await page.getByRole("link", { name: "Overview" }).first().click();
  await page.getByRole("progressbar").first().waitFor();
  await drawing.say("the overview");
  await page.goto("about:blank");
  await drawing.say("an empty page beside the same moves");
  const { migrations } = await host.api("GET /v1/migrations", { query: { state: "running" } });
  console.log(`moves still running after that: ${migrations.length}`);
  for (const { id } of migrations) {
    await host.api("POST /v1/migrations/{id}/cancel", { params: { id } });
  }
  await drawing.say("an empty page, nothing moves");
  await page.context().close();
}

async function search(browser: LabBrowser, host: LabHost, vms: number): Promise<void> {
  const page = await loggedIn(browser, host);
  await page.getByRole("link", { name: "Virtual machines" }).first().click();
  await page.getByText(/^\d+ VMs$/).waitFor();
  const box = page.getByRole("searchbox", { name: /Search by name/ });
  await box.focus();
  const tookMs: number[] = [];
  // From the letter until the table's new words are painted.
  await page.evaluate(`
    globalThis.typedAt = 0;
    addEventListener("input", () => { globalThis.typedAt = performance.now(); }, true);
    new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => {
      globalThis.tookMs ??= performance.now() - globalThis.typedAt;
    }))).observe([...document.querySelectorAll('[aria-live="polite"]')].find((place) => /VMs$/.test(place.textContent)), { characterData: true, childList: true, subtree: true });
  `);
  for (const letter of ["1", "2", "3", "Backspace", "Backspace", "Backspace"]) {
    await page.evaluate("globalThis.tookMs = undefined");
    await page.keyboard.press(letter);
    await untilTrue(page, "globalThis.tookMs !== undefined");
    tookMs.push(Math.round(await page.evaluate<number>("globalThis.tookMs")));
  }
  console.log(
    `search among ${vms} VMs, a letter: median ${median(tookMs)} ms (${tookMs.join(", ")})`,
  );
  // A notch of a wheel for every frame.
  await page.evaluate(`
    const list = document.querySelector('[role="table"] [role="rowgroup"]');
    const scroll = () => { list.scrollTop += 100; requestAnimationFrame(scroll); };
    scroll();
  `);
  const drawing = await Drawing.of(page);
  await drawing.say(`scrolling through ${vms} VMs`);
}

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await main();
else process.exitCode = elsewhere;
