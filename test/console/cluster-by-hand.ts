/** A cluster made, used and ended by an administrator who opens no terminal. */
import type { Page } from "playwright-core";
import { requireAccessible } from "./accessible.ts";
import { show } from "./pages.ts";

/** Of the hosts `host-a`, which serves the page, and `host-b`, with the VM `web01`. */
export async function makeClusterAndEndIt(page: Page): Promise<void> {
  await show(page, "cluster");
  await page.getByRole("button", { name: "Create a cluster" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill("prod");
  // So long that no busy machine makes a host stop its guests.
  await dialog.getByRole("spinbutton", { name: "Lease, seconds" }).fill("300");
  await requireAccessible(page, "the form of a new cluster");
  await dialog.getByRole("button", { name: "Create" }).click();
  await page.getByRole("button", { name: "Let host-b join" }).click();
  await page.getByRole("button", { name: "Take out host-b" }).waitFor();
  await show(page, "vms/web01");
  await page.getByRole("button", { name: "Make it highly available" }).click();
  const preferred = dialog.getByRole("group", { name: "Hosts it prefers, the best first" });
  await preferred.getByRole("checkbox", { name: "host-b" }).check();
  await requireAccessible(page, "the form of a VM's policy");
  await dialog.getByRole("button", { name: "Make it highly available" }).click();
  await page.getByText("best on host-b").waitFor();
  await page.getByRole("link", { name: "Cluster prod" }).click();
  await page.getByRole("cell", { name: "Kept running" }).waitFor();
  await page.getByRole("button", { name: "Propose moves" }).click();
  await page
    .getByText(/free of/)
    .first()
    .waitFor();
  await requireAccessible(page, "the page of a cluster");
  await page.getByRole("link", { name: "web01" }).first().click();
  await page.getByRole("button", { name: "Make it standalone" }).click();
  const question = page.getByRole("alertdialog");
  await question.getByRole("button", { name: "Make it standalone" }).click();
  await page.getByText("web01 is standalone: when").waitFor();
  await show(page, "cluster");
  for (const host of ["host-b", "host-a"]) {
    await page.getByRole("button", { name: `Take out ${host}` }).click();
    await question.getByRole("button", { name: "Take it out" }).click();
    await question.waitFor({ state: "hidden" });
  }
  await page.getByRole("heading", { name: "host-a is in no cluster" }).waitFor();
}
