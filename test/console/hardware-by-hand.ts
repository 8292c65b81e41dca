/** Storage of a host, and disks, adapters and media of a VM, changed by an administrator who opens no terminal. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import type { Lab } from "../../lab/lab.ts";
import { requireAccessible } from "./accessible.ts";
import { heading, show } from "./pages.ts";

const run = promisify(execFile);

/** On `host-a`, which serves the page. */
export async function changeHardware(page: Page, lab: Lab): Promise<void> {
  const host = lab.host("host-a");
  const directory = join(host.directory, "more");
  await mkdir(directory);
  const disk = join(directory, "data.qcow2");
  await run("qemu-img", ["create", "-q", "-f", "qcow2", disk, "4M"]);
  // QEMU runs as a user of its own.
  await chmod(disk, 0o666);
  await writeFile(join(directory, "tools.iso"), new Uint8Array(1 << 20));
  await addPlaces(page, directory);
  const { id } = await host.api("POST /v1/vms", {
    body: { name: "app02", memoryMib: 64, iso: { pool: "more", file: "tools.iso" } },
  });
  await show(page, "vms/app02?tab=hardware");
  await page.getByRole("button", { name: "Edit the VM" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("tab", { name: "Disks and adapters" }).click();
  await dialog
    .getByRole("combobox", { name: "A disk that lies in a pool" })
    .selectOption("more/data.qcow2");
  await dialog.getByRole("button", { name: "Attach the disk" }).click();
  await dialog.getByRole("button", { name: "Add a LUN by iSCSI" }).click();
  await dialog.getByRole("textbox", { name: "Portal of lun0" }).fill("10.77.0.99:3260");
  await dialog.getByRole("textbox", { name: "Target" }).fill("iqn.2026-01.org.example:vms");
  await dialog.getByRole("combobox", { name: "Secret" }).selectOption("nas");
  await dialog.getByRole("button", { name: "Add an adapter" }).click();
  await requireAccessible(page, "the form of disks and adapters");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("data.qcow2 in pool more").waitFor();
  await page.getByText("iSCSI LUN 0 of iqn.2026-01.org.example:vms at 10.77.0.99:3260").waitFor();
  await page.getByText(/Switch lan, 52:54:00:/).waitFor();
  await page.getByRole("button", { name: "Edit the VM" }).click();
  await dialog.getByRole("tab", { name: "Disks and adapters" }).click();
  await dialog.getByRole("button", { name: "Take out lun0" }).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "hidden" });
  await changeMediaWhileItRuns(page);
  const { definition } = await host.api("GET /v1/vms/{vm}", { params: { vm: id } });
  assert.deepEqual(
    [
      definition.disks.length,
      definition.luns,
      definition.nics.length,
      definition.cdroms[0]?.medium,
    ],
    [1, undefined, 1, null],
  );
}

/** A share that cannot be had says why, a directory and a secret are added. */
async function addPlaces(page: Page, directory: string): Promise<void> {
  await show(page, "hosts/host-a?tab=places");
  await page.getByRole("button", { name: "Add a pool" }).click();
  const dialog = page.getByRole("dialog");
  const where = dialog.getByRole("combobox", { name: "Where disks shall lie" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("more");
  await where.selectOption("smb");
  await dialog.getByRole("textbox", { name: "Share" }).fill("\\\\127.0.0.1\\none");
  await dialog.getByRole("textbox", { name: "User" }).fill("ada");
  await dialog.getByLabel("Password").fill("not the right one");
  await requireAccessible(page, "the form of a pool on an SMB share");
  await dialog.getByRole("button", { name: "Add" }).click();
  await dialog.getByText(/^Cannot mount \/\/127\.0\.0\.1\/none for pool "more"/).waitFor();
  await where.selectOption("directory");
  await dialog.getByRole("textbox", { name: "Directory" }).fill(directory);
  await dialog.getByRole("button", { name: "Add" }).click();
  await page.getByText(`Directory ${directory}`).waitFor();
  await page.getByRole("button", { name: "Add a secret" }).click();
  await dialog.getByRole("textbox", { name: "Name" }).fill("nas");
  await dialog.getByRole("textbox", { name: "CHAP user" }).fill("ferry");
  await dialog.getByLabel("Password").fill("twelve letters");
  await dialog.getByRole("button", { name: "Add" }).click();
  await page.getByText("nas is user ferry").waitFor();
}

async function changeMediaWhileItRuns(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start" }).click();
  await heading(page, "app02 Running");
  await page.getByRole("button", { name: "Change media" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: /^Drive / }).selectOption("Empty");
  await dialog.getByRole("button", { name: "Change" }).click();
  await page.getByText("Empty drive").waitFor();
}
