/** What an open page of the console does when its agent ends and comes back: in Chromium, over a real agent. */
import { test } from "node:test";
import { LabBrowser } from "../../lab/browser.ts";
import type { SessionLink } from "../../src/api/schema/session.ts";
import { makeDomain, runAgent } from "../api/running-agent.ts";

test("the agent's end and return: an open page says so, and goes on by itself", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  await a.good("POST /v1/vms", { body: { name: "before", memoryMib: 64 } });
  await using browser = await LabBrowser.open();
  const page = await browser.page();
  const { url } = await a.good<SessionLink>("POST /v1/session/links", { body: {} });
  await page.goto(url);
  await page.getByRole("link", { name: "before" }).waitFor();
  await a.stop();
  await page.getByText("The agent of host-a does not answer").waitFor();
  await page.getByRole("link", { name: "before" }).waitFor();
  await a.start();
  await page.getByText("The agent of host-a does not answer").waitFor({ state: "hidden" });
  await a.good("POST /v1/vms", { body: { name: "after", memoryMib: 64 } });
  await page.getByRole("link", { name: "after" }).waitFor();
});
