/** Hosts of a lab that can switch each other off, and what guards a host's guests. */
import { readFile } from "node:fs/promises";
import { delimiter } from "node:path";
import type { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";

/** Starts the agents of a lab that has none yet, with `fence_lab` among their programs, and makes one domain of them. */
export async function startWithFences(lab: Lab): Promise<void> {
  const environment = { PATH: `${import.meta.dirname}${delimiter}${process.env["PATH"]}` };
  await Promise.all(lab.hosts.map((host) => host.agent.start(environment)));
  await lab.start();
}

/** The processes that end a host's guests when its lease is over: its agent and the lease's keeper. */
export async function guardsOf(host: LabHost): Promise<number[]> {
  const agent = await host.agent.pid();
  const keeper = await processOf(host, "keeper.json");
  return agent === undefined ? [keeper] : [agent, keeper];
}

/** The process of a host whose command line has these words. */
export async function processOf(host: LabHost, words: string): Promise<number> {
  for (const pid of await host.processes()) {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (line.includes(words)) return pid;
  }
  throw new Error(`${host.name} has no process with ${words}`);
}
