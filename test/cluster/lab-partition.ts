/** Networks that carry some things and not others: packets dropped by the kernel's own rules, in a host's namespace. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { LabHost } from "../../lab/lab-host.ts";

const run = promisify(execFile);
/** Where etcd's members listen. */
const etcdPorts = ["6665", "6666"];
/** Before every other rule but the one of the host's own addresses. */
const preference = "10";

/** Nothing of this host reaches those others any more; what they send still arrives. */
export async function cutTowards(from: LabHost, others: readonly LabHost[]): Promise<void> {
  for (const { address } of others) await ip(from, "rule", "add", ...rule("to", address));
}

/** Neither asks nor answers in etcd's conversations any more; everything else goes on. */
export async function cutFromEtcd(host: LabHost): Promise<void> {
  for (const port of etcdPorts) {
    for (const end of ["dport", "sport"])
      await ip(host, "rule", "add", ...rule("ipproto", "tcp", end, port));
  }
}

export async function heal(hosts: readonly LabHost[]): Promise<void> {
  for (const host of hosts) {
    for (;;) {
      const { stdout } = await ip(host, "rule", "list", "pref", preference);
      if (stdout.trim() === "") break;
      await ip(host, "rule", "delete", "pref", preference);
    }
  }
}

function rule(...selector: string[]): string[] {
  return ["pref", preference, ...selector, "blackhole"];
}

async function ip({ namespace }: LabHost, ...args: string[]): Promise<{ stdout: string }> {
  return await run("ip", ["-n", namespace, ...args]);
}
