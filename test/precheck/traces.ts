/** What a check might leave behind on a host of a lab. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { processesIn } from "../../lab/namespaces.ts";

const run = promisify(execFile);

/** Everything that a check might leave on a host: files with their content, processes, links. */
export async function traces(lab: Lab, host: LabHost): Promise<string[]> {
  const files: string[] = [];
  for (const directory of [
    join(lab.directory, "vms"),
    join(host.directory, "local"),
    join(host.directory, "run"),
  ]) {
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      // One that goes while it is looked at is gone.
      const content = entry.isFile() ? await readFile(path).catch(() => undefined) : "";
      if (content === undefined) continue;
      files.push(`${path} ${createHash("sha256").update(content).digest("hex")}`);
    }
  }
  const { stdout } = await run("ip", ["-n", host.namespace, "-j", "link"]);
  const links = (JSON.parse(stdout) as { ifname: string; mtu: number }[]).map(
    ({ ifname, mtu }) => `${ifname} ${mtu}`,
  );
  const pids = await processesIn(host.namespace);
  return [...files.sort(), ...links.sort(), ...pids.map(String)];
}

/** Without the agent, which is another process afterwards. */
export async function tracesBeside(lab: Lab, host: LabHost): Promise<string[]> {
  const agent = String(await host.agent.pid());
  return (await traces(lab, host)).filter((trace) => trace !== agent);
}
