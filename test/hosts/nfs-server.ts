/** An NFS server in the hosts' network, in user space (NFS-Ganesha): this machine's kernel need not have one. Its export is `/vms`. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostLab } from "../../lab/hosts/host-lab.ts";
import { Served } from "./served.ts";

/** @returns a server that runs. */
export async function serveNfs(lab: HostLab): Promise<Served> {
  const own = join(lab.directory, "nfs");
  const exported = join(own, "vms");
  const recovery = join(own, "recovery");
  const config = join(own, "ganesha.conf");
  for (const directory of [exported, recovery]) await mkdir(directory, { recursive: true });
  await chmod(exported, 0o777);
  const blocks = [
    "NFS_CORE_PARAM { Protocols = 4; Bind_addr = 10.88.0.1; Enable_NLM = false; Enable_RQUOTA = false; }",
    // After a restart clients take up what they had before; the shorter, the sooner new files open.
    `NFSv4 { Grace_Period = 10; Lease_Lifetime = 10; RecoveryRoot = "${recovery}"; }`,
    `EXPORT { Export_Id = 1; Path = "${exported}"; Pseudo = /vms; Access_Type = RW; Squash = No_root_squash; SecType = sys; FSAL { Name = VFS; } }`,
  ];
  await writeFile(config, `${blocks.join("\n")}\n`);
  const [log, pid] = [join(own, "log"), join(own, "pid")];
  const command = ["ganesha.nfsd", "-F", "-f", config, "-L", log, "-p", pid];
  const server = new Served(lab.namespace, command);
  server.start();
  return server;
}
