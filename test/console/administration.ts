/**
 * `npm run test:console`: what of the console takes too long for every run of the tests. A move that nobody wants to wait for is
 * switched over at a word, storage and hardware are changed, a cluster is made, used and ended, a host is shut down without a terminal, and every page is held against WCAG, light and dark.
 */
import { test } from "node:test";
import { LabBrowser } from "../../lab/browser.ts";
import { createGuest } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import { makeClusterAndEndIt } from "./cluster-by-hand.ts";
import { requireEveryPageAccessible } from "./every-page.ts";
import { changeHardware } from "./hardware-by-hand.ts";
import { opened, show } from "./pages.ts";
import { shutDownAHost } from "./shutdown-by-hand.ts";

test("what administrators do now and then", async (context) => {
  await using lab = await Lab.up({ name: "hadmin", hosts: 2 });
  await createGuest(lab, { name: "web01", host: "host-a", address: "10.77.0.50" });
  await using browser = await LabBrowser.open(lab.host("host-a").namespace);
  const page = await opened(browser, lab.host("host-a"), "administrator");

  await context.test("a move is switched over at a word", async () => {
    await show(page, "move?vms=web01&target=host-b");
    await page.getByRole("tab", { name: /How/ }).click();
    await page.getByRole("spinbutton", { name: /Bandwidth at most/ }).fill("8");
    await page.getByRole("tab", { name: /Check and go/ }).click();
    await page.getByRole("button", { name: "Move", exact: true }).click();
    const inWords = { name: "Switch over now" } as const;
    await page.getByRole("button", inWords).click();
    await page.getByRole("alertdialog").getByRole("button", inWords).click();
    await page.getByText(/Moved in .*; it runs on host-b/).waitFor();
    await page.getByText(/the guest stops for as long as the rest takes/).waitFor();
  });

  await context.test("storage, disks, adapters and media are changed", () =>
    changeHardware(page, lab),
  );

  await context.test("a cluster is made, keeps a VM running, and ends", () =>
    makeClusterAndEndIt(page),
  );

  await context.test("a host is shut down by its plan, and taken back", () => shutDownAHost(page));

  await context.test("every page is accessible, light and dark", () =>
    requireEveryPageAccessible(page),
  );
});
