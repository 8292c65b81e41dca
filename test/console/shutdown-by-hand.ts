/** A host's VMs sent away by the plan of its shutdown, and the host taken back: the machine itself, which is everybody's here, stays on. */
import type { Page } from "playwright-core";
import { show } from "./pages.ts";

/** `host-b` has the VM `web01`, which can go to `host-a`. */
export async function shutDownAHost(page: Page): Promise<void> {
  await show(page, "hosts/host-b?tab=shutdown");
  await page.getByRole("combobox", { name: "Then the machine" }).selectOption("stay-on");
  await page.getByRole("button", { name: "Make a plan" }).click();
  const plan = page.getByRole("table", { name: "Plan of the shutdown" });
  await plan.getByRole("cell", { name: "Moves to host-a" }).waitFor();
  await page.getByRole("button", { name: "End its VMs by this plan" }).click();
  const question = page.getByRole("alertdialog");
  await question.getByText("1 VM leaves the host, 0 VMs end there.").waitFor();
  await question.getByRole("button", { name: "End its VMs" }).click();
  await page.getByText("The VMs of host-b are gone").waitFor();
  await page.getByRole("button", { name: "Take it back" }).click();
  await page.getByRole("button", { name: "Make a plan" }).waitFor();
}
