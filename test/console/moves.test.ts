/**
 * A day's work in the console, in Chromium over the lab's real agents and guests: a VM created and its screen seen, moves
 * by the wizard watched to their end, one of them with its disk, a host drained, and a viewer who may only look. Screen and
 * serial console stay open while their VM changes hosts, and its agent is killed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { consoleLink, LabBrowser } from "../../lab/browser.ts";
import { createGuest } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import { requireAccessible } from "./accessible.ts";
import { ScreenWatch } from "./screen-watch.ts";
import { SerialWatch } from "./serial-watch.ts";

/** For an emulated guest on a machine that is busy with everything else. */

async function opened(browser: LabBrowser, lab: Lab, role: "administrator" | "viewer") {
  const page = await browser.page();
  await page.goto(await consoleLink(lab.host("host-a"), role));
  await heading(page, "Overview");
  return page;
}

async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole("heading", { name, level: 1 }).waitFor();
}

async function show(page: Page, path: string): Promise<void> {
  await page.goto(new URL(`/console/${path}`, page.url()).href);
}

test("a day's work in the console", async (context) => {
  await using lab = await Lab.up({ name: "hconsole", hosts: 2 });
  const [a, b] = [lab.host("host-a"), lab.host("host-b")];
  await createGuest(lab, { name: "web01", host: "host-a", address: "10.77.0.50" });
  await using browser = await LabBrowser.open(a.namespace);
  const page = await opened(browser, lab, "administrator");

  await context.test("creates a VM and sees its screen", async () => {
    await show(page, "vms");
    await page.getByRole("button", { name: "Create a VM" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Name" }).fill("app01");
    await dialog.getByRole("spinbutton", { name: "Memory, MiB" }).fill("64");
    await dialog.getByRole("combobox", { name: "Pool" }).selectOption("local");
    await dialog.getByRole("spinbutton", { name: "Size, GiB" }).fill("1");
    await dialog.getByRole("button", { name: "Create" }).click();
    await heading(page, "app01 Running");
    await page.getByRole("tab", { name: "Screen" }).click();
    const screen = new ScreenWatch(page);
    await screen.shown();
  });

  await context.test("moves a VM by the wizard; screen and serial console go on", async () => {
    const beside = await opened(browser, lab, "administrator");
    await show(beside, "vms/web01?tab=screen");
    const screen = new ScreenWatch(beside);
    await screen.shown();
    const terminal = await opened(browser, lab, "administrator");
    const serial = new SerialWatch(terminal);
    await show(terminal, "vms/web01?tab=serial");
    await serial.count();
    screen.begin();
    await show(page, "move?vms=web01");
    await page.getByRole("radio", { name: "host-b" }).check();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Nothing stands in the way of the move to host-b").waitFor();
    await requireAccessible(page, "the wizard's last step");
    await page.getByRole("button", { name: "Move", exact: true }).click();
    await page.waitForURL("**/migrations/*");
    await page.getByRole("heading", { name: /Blackout: / }).waitFor();
    await page.getByText(/Moved in .*; it runs on host-b/).waitFor();
    await page.getByRole("img", { name: "Chart: Memory left to send" }).waitFor();
    await requireAccessible(page, "the page of a move");
    await beside.getByText("Live, on host-b").waitFor();
    await terminal.getByText("Live, on host-b").waitFor();
    await serial.goesOn();
    serial.requireWhole();
    await screen.requireNeverDead();
    await terminal.context().close();
    await beside.context().close();
  });

  await context.test("moves a VM with its disk, nothing being shared", async () => {
    await show(page, "move?vms=app01");
    await page.getByRole("button", { name: "Back" }).click();
    await page.getByRole("radio", { name: /The VM with its disks/ }).check();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("radio", { name: "host-b" }).check();
    await page.getByRole("tab", { name: /Check and go/ }).click();
    await page.getByText("Nothing stands in the way of the move to host-b").waitFor();
    await page.getByText("One disk moves along").waitFor();
    await page.getByRole("button", { name: "Move", exact: true }).click();
    await page.getByText(/Moved in .*; it runs on host-b/).waitFor();
    await page.getByRole("heading", { name: "Disks that move along" }).waitFor();
  });

  await context.test("drains a host by its plan, and opens it again", async () => {
    await show(page, "hosts/host-b?tab=drain");
    await page.getByLabel(/Copy disks that a target does not reach/).check();
    await page.getByRole("button", { name: "Make a plan" }).click();
    await page.getByRole("button", { name: "Drain host-b by this plan" }).click();
    await page.getByRole("heading", { name: "host-b is closed for VMs" }).waitFor();
    const { vms } = await b.api("GET /v1/vms");
    assert.ok(!vms.some(({ name }) => name === "web01"), "web01 has left");
    await page.getByRole("button", { name: "Open it again" }).click();
    await page.getByRole("button", { name: "Make a plan" }).waitFor();
  });

  await context.test("a viewer looks, and is offered nothing else", async () => {
    const viewer = await opened(browser, lab, "viewer");
    await show(viewer, "vms/web01");
    await viewer.getByText("What it is").waitFor();
    for (const name of [/^Move/, /Actions of/, "Screen", "Drain host-a"]) {
      assert.equal(await viewer.getByRole("button", { name }).count(), 0);
    }
    assert.equal(await viewer.getByRole("tab", { name: "Screen" }).count(), 0);
    await show(viewer, "hosts/host-a?tab=settings");
    assert.ok(await viewer.getByLabel("Moves leave this host and come to it").isDisabled());
    await viewer.context().close();
  });

  await context.test("an agent killed and started again: pages say so and go on", async () => {
    await show(page, "vms/web01?tab=screen");
    await page.getByText("Live, on host-a").waitFor();
    await a.agent.stop("SIGKILL");
    await page.getByText("The agent of host-a does not answer").waitFor();
    await a.agent.start();
    await page.getByText("The agent of host-a does not answer").waitFor({ state: "hidden" });
    await page.getByText("Live, on host-a").waitFor();
  });
});
