/** Networks between the hosts that break, and such as are long or lose packets. `web01` runs on host-b when these begin, and on host-a after them. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { bootBareGuest, endBareGuest, moveBareGuest } from "./bare-guest.ts";
import type { HostsCase } from "./cases.ts";
import { copiesMemory, lastMove, runsOn, type Site } from "./site.ts";

const gone: HostsCase = {
  name: "the network is gone for 5 s in the middle of a move",
  async run({ lab, a, b }) {
    await b.run("ferry move web01 host-a --bandwidth 4M --with-storage --yes --detach");
    await copiesMemory(b, "web01");
    await lab.cut("host-a");
    await sleep(5_000);
    await lab.restore("host-a");
    await runsOn(a, "web01", "host-a");
    assert.equal((await lastMove(a, "web01")).state, "completed");
  },
};

/** Each way, as netem says it. */
const links = ["", "delay 5ms", "delay 50ms", "delay 5ms loss 0.1%"];

const impaired: HostsCase = {
  name: "moves over links with delay and loss (each way), beside QEMU alone",
  async run(site) {
    const figures: string[] = [];
    await bootBareGuest(site);
    try {
      for (const [index, link] of links.entries()) {
        const there = index % 2 === 0;
        figures.push(`${link || "as it is"}: ${await overLink(site, link, there)}`);
      }
    } finally {
      await endBareGuest(site);
      await impair(site, "");
    }
    return figures.join("; ");
  },
};

/** @param there to host-b, or back. */
async function overLink(site: Site, link: string, there: boolean): Promise<string> {
  const { a, b } = site;
  const [from, to, name, address] = there
    ? ([a, b, "host-b", "10.89.0.12"] as const)
    : ([b, a, "host-a", "10.89.0.11"] as const);
  await impair(site, link);
  await from.run(`ferry move web01 ${name} --with-storage --yes`);
  await runsOn(to, "web01", name);
  const { blackout, startedAt, endedAt } = await lastMove(from, "web01");
  const bare = await moveBareGuest(from, to, address);
  await impair(site, "");
  const own = `${seconds(endedAt - startedAt)}, blackout ${Math.round(blackout?.totalMs ?? Number.NaN)} ms`;
  return `${own} (QEMU alone ${seconds(bare.totalMs)}, ${bare.blackoutMs} ms)`;
}

async function impair({ lab }: Site, link: string): Promise<void> {
  const how = link.split(" ").filter((word) => word !== "");
  for (const host of lab.hosts) await lab.impair(host, how);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

export const linkCases: readonly HostsCase[] = [gone, impaired];
