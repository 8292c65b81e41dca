/** Scenes about files that stay where they are: in pools that both hosts reach, or should. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { patienceMs } from "../../../lab/patience.ts";
import { SmbShare } from "../../../lab/smb-share.ts";
import type { Scene } from "./scene.ts";
import { MiB, run, type Site } from "./site.ts";

const shared = "vms";
const tracer = "strace";

export const storageScenes: readonly Scene[] = [
  {
    title: "a disk in a shared pool, without its base, with a cache, and with rights for few",
    async spoil(site) {
      const { a } = site;
      const path = await site.pool(a, "images");
      await run("qemu-img", ["create", "-q", "-f", "qcow2", join(path, "base.qcow2"), "16M"]);
      await chmod(join(path, "base.qcow2"), 0o644);
      const base = { pool: "images", file: "base.qcow2" };
      await writeFile(join(site.lab.directory, "vms/gone.iso"), Buffer.alloc(MiB));
      await site.make(a, "lean01", {
        disks: [
          { pool: shared, base, cache: "writeback" },
          { pool: shared, sizeBytes: MiB },
        ],
        iso: { pool: shared, file: "gone.iso" },
      });
      await rm(join(site.lab.directory, "vms/gone.iso"));
      await chmod(join(site.lab.directory, "vms/lean01-disk1.qcow2"), 0o440);
      return { vm: "lean01" };
    },
    reads: {
      "pool-present":
        /^host-b blocking: "host-b" has no pool "images", or cannot reach its directory$/,
      "base-reached":
        /^host-b blocking: Disk "disk0" stands on "base\.qcow2" in pool "images", whose bytes "host-b" does not reach$/,
      "cache-mode":
        /^host-a blocking: Disk "disk0" uses cache mode "writeback" on "host-a": two hosts would not see the same bytes$/,
      "files-present": /^host-b blocking: "host-b" does not see "gone\.iso" in pool "vms"$/,
      "qemu-access":
        /^host-b blocking: QEMU's user on "host-b" may not write "lean01-disk1\.qcow2" in pool "vms"$/,
    },
    async mend(site) {
      const { a, b } = site;
      await b.api("POST /v1/pools", {
        body: { name: "images", path: join(a.directory, "images") },
      });
      await writeFile(join(site.lab.directory, "vms/gone.iso"), Buffer.alloc(MiB));
      await chmod(join(site.lab.directory, "vms/lean01-disk1.qcow2"), 0o666);
      const params = { vm: "lean01" };
      const { definition } = await a.api("GET /v1/vms/{vm}", { params });
      const disks = definition.disks.map((disk) => ({ ...disk, cache: "none" as const }));
      const text = JSON.stringify({ ...definition, disks });
      await site.ferry(a, ["vm", "apply", "-"], text);
    },
    async after(site) {
      await site.remove(site.a, "lean01");
      for (const host of [site.a, site.b]) {
        await host.api("DELETE /v1/pools/{pool}", { params: { pool: "images" } });
      }
    },
  },
  {
    title: "a shared pool that the target has mounted for reading only",
    async spoil(site) {
      const path = await twoMounts(site, "half", ["-t", "tmpfs", "-o", "mode=0777", "tmpfs"]);
      await site.make(site.a, "read01", { disks: [{ pool: "half", sizeBytes: MiB }] });
      await inMountsOf(await agentOf(site), "mount", "-o", "remount,bind,ro", path);
      return { vm: "read01" };
    },
    reads: {
      "pool-writable":
        /^host-b blocking: "host-b" cannot write to pool "half": .*(read-only|EROFS)/i,
    },
    async mend(site) {
      const path = join(site.b.directory, "half");
      await inMountsOf(await agentOf(site), "mount", "-o", "remount,bind,rw", path);
    },
    async after(site) {
      await site.remove(site.a, "read01");
    },
  },
  {
    title: "a shared pool on a file system that QEMU cannot bypass the page cache of",
    async spoil(site) {
      const path = join(site.lab.directory, "ram");
      await mkdir(path);
      await run("mount", ["-t", "ramfs", "-o", "mode=0777", "ramfs", path]);
      site.defer(() => run("umount", ["-l", path]));
      for (const host of [site.a, site.b]) {
        await host.api("POST /v1/pools", { body: { name: "ram", path } });
      }
      await site.make(site.a, "direct01", { disks: [{ pool: "ram", sizeBytes: MiB }] });
      return { vm: "direct01" };
    },
    reads: {
      "direct-access":
        /^host-b blocking: Pool "ram" of "host-b" \(ramfs\) cannot be used past the page cache: Invalid argument \(O_DIRECT\)$/,
    },
    mend: async () => ({ vm: "direct01", options: { withStorage: true, targetPool: "local" } }),
    after: (site) => site.remove(site.a, "direct01"),
  },
  {
    title: "a share that gives a name twice, mounted with the wrong options",
    async spoil(site) {
      const share = await SmbShare.start(site.lab);
      site.defer(async () => await share[Symbol.asyncDispose]());
      for (const host of [site.a, site.b]) {
        const path = await share.mount(host.name);
        await host.api("POST /v1/pools", { body: { name: "smb", path } });
      }
      await site.make(site.a, "smb01", { disks: [{ pool: "smb", sizeBytes: MiB }] });
      await mountedAs(site, "cifs", "rw,cache=loose,vers=3.1.1");
      yes = await sayYesToEveryName(site);
      return { vm: "smb01" };
    },
    reads: {
      "pool-lock":
        /^host-b blocking: "host-b" does not see in pool "smb" that a name is taken: locks on disks do not work there$/,
      "mount-options":
        /^host-b blocking: Pool "smb" of "host-b" is a cifs mount of \S+ with cache=loose: the other host would see old bytes\nhost-b warning: .* without nobrl/,
    },
    async mend(site) {
      await yes();
      await mountedAs(site, "cifs", "rw,cache=strict,nobrl,vers=3.1.1");
    },
    async after(site) {
      await mountedAsItIs(site);
      await site.remove(site.a, "smb01");
    },
    standsIn:
      "for a server that gives a name twice, strace, which lets the kernel's call succeed without being made; for the kernel's cifs, its line in host-b's mountinfo over the one of a FUSE mount of the same Samba share",
  },
];

let yes: () => Promise<void> = async () => undefined;

/** A directory of host-a that host-b reaches through a mount of its own; resolves to that mount. */
async function twoMounts(site: Site, name: string, mount: readonly string[]): Promise<string> {
  const source = await site.pool(site.a, name, mount);
  return await site.pool(site.b, name, ["--bind", source]);
}

/** Whoever of host-b's agent makes a link is told that it was made: strace answers in the kernel's place. */
async function sayYesToEveryName(site: Site): Promise<() => Promise<void>> {
  const pid = await agentOf(site);
  const calls = ["-e", "trace=link,linkat", "-e", "inject=link,linkat:retval=0"];
  const args = ["-f", "-q", ...calls, "-o", "/dev/null", "-p", String(pid)];
  const strace = spawn(tracer, args, { stdio: "ignore" });
  const ended = once(strace, "exit");
  const signal = AbortSignal.timeout(patienceMs);
  while (!(await isTraced(pid))) await sleep(20, undefined, { signal });
  return async () => {
    strace.kill("SIGINT");
    await ended;
  };
}

async function isTraced(pid: number): Promise<boolean> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const states = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/status`, "utf8")),
  );
  return states.every((text) => /^TracerPid:\s+[1-9]/m.test(text));
}

/** What the kernel says of host-b's mount of the share, where it has a client of its own for it. */
async function mountedAs(site: Site, type: string, options: string): Promise<void> {
  const pid = await agentOf(site);
  const own = join(site.b.directory, "mountinfo");
  const present = await readFile(`/proc/${pid}/mountinfo`, "utf8");
  const lines = present.trimEnd().split("\n");
  const changed = lines.map((line) => {
    if (!line.includes(`${site.b.directory}/smb/mnt `)) return line;
    return line.replace(/ - .*$/, ` - ${type} //10.77.0.200/vms ${options}`);
  });
  await writeFile(own, `${changed.join("\n")}\n`);
  if (!isOver) await inMountsOf(pid, "mount", "--bind", own, `/proc/${pid}/mountinfo`);
  isOver = true;
}

async function mountedAsItIs(site: Site): Promise<void> {
  const pid = await agentOf(site);
  await inMountsOf(pid, "umount", `/proc/${pid}/mountinfo`);
  isOver = false;
}

let isOver = false;

async function inMountsOf(pid: number, ...command: string[]): Promise<void> {
  await run("nsenter", [`--mount=/proc/${pid}/ns/mnt`, "--", ...command]);
}

async function agentOf(site: Site): Promise<number> {
  const pid = await site.b.agent.pid();
  if (pid === undefined) throw new Error("the agent of host-b does not run");
  return pid;
}
