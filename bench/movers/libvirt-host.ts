/**
 * A libvirtd of its own for a host of a lab: in the host's network namespace, and in a mount namespace where its configuration,
 * state and sockets are this host's alone.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LabHost, ProgramResult } from "../../lab/lab-host.ts";
import { inNamespace } from "../../lab/namespaces.ts";

const startMsMax = 60_000;

/** Where libvirtd keeps what belongs to one host. */
const ownDirectories = [
  "/etc/libvirt",
  "/run/libvirt",
  "/var/lib/libvirt",
  "/var/cache/libvirt",
  "/var/log/libvirt",
];

/** Everything is emulated here; a /dev/kvm that can't run guests hangs the QEMU that libvirtd asks what it can do. */
const hideKvm = "if [ -e /dev/kvm ]; then mount --bind /dev/null /dev/kvm; fi";

/** Another QEMU than the machine's dies of the machine's modules when it is asked what it can do. */
const modules = "/usr/lib/x86_64-linux-gnu/qemu";
const hideModules = `if [ -d ${modules} ]; then mount -t tmpfs tmpfs ${modules}; fi`;

/** libvirtd looks for its users before it reads that it shall use others; the package that makes them is not needed. */
const wantedNames = {
  "/etc/passwd": "libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin",
  "/etc/group": "libvirt-qemu:x:64055:",
};

/** No authentication: it listens in the lab only. */
const daemonSettings = (): string => `
listen_tls = 0
listen_tcp = 1
listen_addr = "0.0.0.0"
auth_tcp = "none"
auth_unix_rw = "none"
host_uuid = "${randomUUID()}"
`;

/** What a machine without systemd and cgroups needs. */
const driverSettings = `
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
`;

export class LibvirtHost implements AsyncDisposable {
  readonly host: LabHost;
  readonly #child: ChildProcess;

  private constructor(host: LabHost, child: ChildProcess) {
    this.host = host;
    this.#child = child;
  }

  static async start(host: LabHost): Promise<LibvirtHost> {
    const directory = join(host.directory, "libvirt");
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "libvirtd.conf"), daemonSettings());
    await writeFile(join(directory, "qemu.conf"), driverSettings);
    const script = [
      ...ownDirectories.flatMap((path) => [`mkdir -p ${path}`, `mount -t tmpfs tmpfs ${path}`]),
      `cp ${directory}/*.conf /etc/libvirt/`,
      "mkdir -p /etc/libvirt/qemu/networks",
      hideKvm,
      hideModules,
      ...Object.entries(wantedNames).flatMap(([path, line]) => [
        `(cat ${path}; echo ${line}) > ${directory}/names`,
        `cp ${directory}/names /run/libvirt/$(basename ${path})`,
        `mount --bind /run/libvirt/$(basename ${path}) ${path}`,
      ]),
      `exec libvirtd --listen --pid-file /run/libvirt/libvirtd.pid --config ${directory}/libvirtd.conf 2>${directory}/libvirtd.log`,
    ].join(" && ");
    const [program, args] = inNamespace(host.namespace, ["unshare", "--mount", "sh", "-c", script]);
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
    const started = new LibvirtHost(host, child);
    const deadline = performance.now() + startMsMax;
    while ((await started.virsh(["list"])).exitCode !== 0) {
      if (child.exitCode !== null)
        throw new Error(
          `Cannot measure libvirt: ${await readFile(join(directory, "libvirtd.log"), "utf8")}`,
        );
      if (performance.now() > deadline)
        throw new Error(`Cannot measure libvirt: libvirtd of ${host.name} is silent`);
      await sleep(100);
    }
    return started;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async virsh(args: readonly string[]): Promise<ProgramResult> {
    const mounts = ["nsenter", `--mount=/proc/${this.pid}/ns/mnt`];
    return await this.host.run([...mounts, "virsh", "--quiet", ...args]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGTERM");
    await once(this.#child, "exit");
  }
}
