/** Samba in the hosts' network: the share `vms` for a user with a password, `half` which host-b may only read. */
import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { HostLab } from "../../lab/hosts/host-lab.ts";
import { Served } from "./served.ts";

const run = promisify(execFile);

export const smbPassword = "it is only a lab";

/** @returns a server that runs. */
export async function serveSmb(lab: HostLab): Promise<Served> {
  const own = join(lab.directory, "samba");
  const config = join(own, "smb.conf");
  for (const share of ["vms", "half"]) {
    await mkdir(join(own, share), { recursive: true });
    await chmod(join(own, share), 0o777);
  }
  await writeFile(config, `${settings(own).join("\n")}\n`);
  await writeFile(join(own, "client-10.88.0.12.conf"), "read only = yes\n");
  const password = run("smbpasswd", ["-c", config, "-s", "-a", "root"]);
  password.child.stdin?.end(`${smbPassword}\n${smbPassword}\n`);
  await password;
  const server = new Served(lab.namespace, ["smbd", "-F", "--no-process-group", "-s", config]);
  server.start();
  return server;
}

function settings(own: string): string[] {
  const kept = ["private dir", "lock directory", "state directory", "cache directory"];
  return [
    ...["[global]", "server role = standalone server", "disable netbios = yes", "smb ports = 445"],
    ...["interfaces = 10.88.0.1", "bind interfaces only = yes", `log file = ${join(own, "log")}`],
    ...[...kept, "pid directory"].map((place) => `${place} = ${own}`),
    ...[`ncalrpc dir = ${join(own, "ncalrpc")}`, "server multi channel support = yes"],
    ...["[vms]", `path = ${join(own, "vms")}`, "read only = no", "force user = root"],
    ...["[half]", `path = ${join(own, "half")}`, "read only = no", "force user = root"],
    `include = ${join(own, "client-%I.conf")}`,
  ];
}
