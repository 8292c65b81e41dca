/**
 * A day's work in the console, in Chromium over the lab's real agents and guests: a VM created and its screen seen, what stands in
 * the way of a move mended, moves by the wizard watched to their end, one of them with its disk, one cancelled, a host drained, and a
 * viewer who may only look. Screen and serial console stay open while their VM changes hosts, and its agent is killed. Dialogs and pages
 * are held against WCAG on the way.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { LabBrowser, untilTrue } from "../../lab/browser.ts";
import { createGuest, guestPorts } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import { isDark, requireAccessible } from "./accessible.ts";
import { desk, heading, opened, phone, noSidewaysScrolling, show } from "./pages.ts";
import { ScreenWatch } from "./screen-watch.ts";
import { SerialWatch } from "./serial-watch.ts";

const run = promisify(execFile);

test("a day's work in the console", async (context) => {
  await using lab = await Lab.up({ name: "hconsole", hosts: 2 });
  const [a, b] = [lab.host("host-a"), lab.host("host-b")];
  await createGuest(lab, { name: "web01", host: "host-a", address: "10.77.0.50" });
  await using browser = await LabBrowser.open(a.namespace);
  const page = await opened(browser, a, "administrator");

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

  await context.test(
    "what stands in the way is mended, checked again, and gone; the report is kept",
    async () => {
      const { switches } = await b.api("GET /v1/switches");
      const bridge = switches.find(({ name }) => name === "lan")?.bridge ?? "";
      await b.api("DELETE /v1/switches/{switch}", { params: { switch: "lan" } });
      await show(page, "move?vms=web01&target=host-b");
      await page.getByText("Something stands in the way of the move to host-b").waitFor();
      await page.getByText('"host-b" has no virtual switch "lan"').waitFor();
      await page.getByText(/ferry switch create lan/).waitFor();
      assert.ok(await page.getByRole("button", { name: "Move", exact: true }).isDisabled());
      await requireAccessible(page, "a check that something stands in the way");
      await b.api("POST /v1/switches", { body: { name: "lan", bridge } });
      await page.getByRole("button", { name: "Check again" }).click();
      await page.getByText("Nothing stands in the way of the move to host-b").waitFor();
      await page.getByText("Mended since: virtual-switch").waitFor();
      await page.getByText("Expected blackout").waitFor();
      const saving = page.waitForEvent("download");
      await page.getByRole("button", { name: "Save the report" }).click();
      const saved = join(lab.directory, "report.json");
      await (await saving).saveAs(saved);
      await show(page, "move");
      await page.getByLabel("Saved report").setInputFiles(saved);
      await page.getByText("Nothing stands in the way of the move to host-b").waitFor();
      assert.equal(
        (JSON.parse(await readFile(saved, "utf8")) as { target: string }).target,
        "host-b",
      );
    },
  );

  await context.test("moves a VM by the wizard; screen and serial console go on", async () => {
    const beside = await opened(browser, a, "administrator");
    await show(beside, "vms/web01?tab=screen");
    const screen = new ScreenWatch(beside);
    await screen.shown();
    const terminal = await opened(browser, a, "administrator");
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
    // The target's half ends when what the guest wrote before is there too.
    const isOver = async () =>
      (await b.api("GET /v1/migrations", {})).migrations.every(({ endedAt }) => endedAt !== null);
    while (!(await isOver())) await sleep(50);
    const late = await opened(browser, a, "administrator");
    const whole = new SerialWatch(late);
    await show(late, "vms/web01?tab=serial");
    await whole.beganAt(1);
    // Nor did the new page type anything: its terminal was asked nothing.
    await whole.goesOn();
    whole.requireWhole();
    await late.context().close();
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

  await context.test(
    "a move that takes long is stepped into, and cancelled on a phone",
    async () => {
      // At the least speed that a move may have this lasts longer than the slowest machine takes to step in.
      await lab.client.ask("10.77.0.50", guestPorts.memory, "fill 64 1");
      await show(page, "");
      await page
        .getByLabel("Host host-b")
        .getByRole("link", { name: "web01" })
        .dragTo(page.getByLabel("Host host-a"));
      await page.getByRole("tab", { name: /How/ }).click();
      await page.getByRole("spinbutton", { name: /Bandwidth at most/ }).fill("8");
      await page.getByRole("tab", { name: /Check and go/ }).click();
      await page.getByRole("button", { name: "Move", exact: true }).click();
      await page.getByRole("button", { name: "Allow the longest blackout" }).click();
      await page
        .getByText(/web01 may stand still for as long/)
        .first()
        .waitFor();
      await page.getByRole("button", { name: "Slow the guest down" }).click();
      await page.getByText("web01 is slowed down").first().waitFor();
      await page.getByRole("heading", { name: "What was done to bring memory across" }).waitFor();
      await page.getByText(/To host-a at 10\./).waitFor();
      await requireAccessible(page, "the page of a move that runs");
      await page.setViewportSize(phone);
      await page.getByRole("img", { name: "Chart: Memory left to send" }).waitFor();
      await noSidewaysScrolling(page);
      await page.getByRole("button", { name: "Cancel move of web01" }).click();
      await page.getByRole("button", { name: "Cancel the move", exact: true }).click();
      await page.getByText("It runs on host-b, as before").waitFor();
      await page.setViewportSize(desk);
      await page.getByRole("button", { name: "Try again" }).waitFor();
      assert.equal(await page.getByRole("button", { name: "Slow the guest down" }).count(), 0);
      const { state, host } = await b.api("GET /v1/vms/{vm}", { params: { vm: "web01" } });
      assert.deepEqual([state, host], ["running", "host-b"]);
    },
  );

  await context.test("imports a disk of another hypervisor, and edits the VM", async () => {
    const path = join(a.directory, "old.vhdx");
    await run("qemu-img", ["create", "-q", "-f", "vhdx", path, "4M"]);
    await show(page, "vms");
    await page.getByRole("button", { name: "Create a VM" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Name" }).fill("old01");
    await dialog.getByRole("radio", { name: /Import a file/ }).check();
    await dialog.getByRole("textbox", { name: "Path on the host" }).fill(path);
    await dialog.getByLabel("Start it at once").uncheck();
    await requireAccessible(page, "the form of a new VM");
    await dialog.getByRole("button", { name: "Create" }).click();
    await heading(page, "old01 Off");
    await page.getByRole("tab", { name: "Hardware" }).click();
    await page.getByRole("button", { name: "Edit" }).click();
    await dialog.getByRole("textbox", { name: "Description" }).fill("From the old cluster");
    await dialog.getByRole("tab", { name: "The whole definition" }).click();
    const document = dialog.getByRole("textbox", { name: /Definition/ });
    const text = await document.inputValue();
    await document.fill(text.replace('"mib": 1024', '"mib": 1'));
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText(/memory\/mib/).waitFor();
    await document.fill(text);
    await requireAccessible(page, "the form that edits a VM");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("old01 is changed").first().waitFor();
    const { definition } = await a.api("GET /v1/vms/{vm}", { params: { vm: "old01" } });
    assert.equal(definition.description, "From the old cluster");
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

  await context.test("theme, language and units are the user's, and stay", async () => {
    await show(page, "preferences");
    await page.getByRole("combobox", { name: "Dates and numbers" }).selectOption("de");
    await page.getByRole("radio", { name: /Decimal/ }).check();
    await page.getByText("4 294 967 296 bytes are 4,29 GB").waitFor();
    await page.getByText(/^Now: \d+\.\d+\.\d{4}, \d+:\d+/).waitFor();
    await page.getByRole("radio", { name: "Dark" }).check();
    await show(page, "vms/web01");
    await page.getByText("268 MB").waitFor();
    await untilTrue(page, isDark);
    await show(page, "preferences");
    await page.getByRole("combobox", { name: "Dates and numbers" }).selectOption("");
    await page.getByRole("radio", { name: /Binary/ }).check();
    await page.getByRole("radio", { name: "As the system" }).check();
  });

  await context.test("a viewer looks, and is offered nothing else", async () => {
    const viewer = await opened(browser, a, "viewer");
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
