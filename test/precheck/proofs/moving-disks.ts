/** Scenes about disks and files that would be copied: where they go, what stands in the way there, and what they are. */
import { chmod, copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LabHost } from "../../../lab/lab-host.ts";
import type { Scene } from "./scene.ts";
import { MiB, run } from "./site.ts";

const withStorage = true;

export const movingDiskScenes: readonly Scene[] = [
  {
    title: "a disk and a medium that nobody said may be copied",
    async spoil(site) {
      await writeFile(join(site.a.directory, "local/tools.iso"), Buffer.alloc(MiB));
      const iso = { pool: "local", file: "tools.iso" };
      await site.make(site.a, "own01", { disks: [{ pool: "local", sizeBytes: MiB }], iso });
      return { vm: "own01" };
    },
    reads: {
      "disks-move":
        /^host-b warning: "host-b" does not reach disk "disk0" in pool "local" of "host-a": .* would be copied to pool "local"$/,
      "files-move":
        /^host-b warning: "host-b" does not reach medium "tools\.iso" in pool "local" of "host-a": 1 MiB would be copied to pool "local"$/,
    },
    mend: async () => ({ vm: "own01", options: { withStorage, eject: true } }),
  },
  {
    title: "a disk whose name, image and place on the target are taken",
    async spoil(site) {
      const file = "own01-disk0.qcow2";
      await site.make(site.b, "other01", { disks: [{ pool: "local", file, sizeBytes: MiB }] });
      await writeFile(join(site.b.directory, "local/tools.iso"), "another");
      return { vm: "own01", options: { withStorage } };
    },
    reads: {
      "disk-name-free":
        /^host-b blocking: Pool "local" of "host-b" has a file "own01-disk0\.qcow2" already$/,
      "disk-unused":
        /^host-b blocking: VM "other01" of "host-b" has "own01-disk0\.qcow2" of pool "local" as its disk$/,
      "file-place":
        /^host-b blocking: File "tools\.iso" in pool "local" of "host-b" has 7 bytes, the VM's has 1048576$/,
    },
    async mend(site) {
      await site.remove(site.b, "other01");
      for (const file of ["own01-disk0.qcow2", "tools.iso"]) {
        await rm(join(site.b.directory, "local", file), { force: true });
      }
    },
  },
  {
    title: "a pool that the target has not",
    async spoil() {
      return { vm: "own01", options: { withStorage, targetPool: "attic" } };
    },
    reads: {
      "disk-place":
        /^host-b blocking: "host-b" has no pool "attic", or does not reach it, for disk "disk0"; it has .*local/,
    },
    mend: async () => ({ vm: "own01", options: { withStorage, targetPool: "local" } }),
  },
  {
    title: "a pool of the target that is read-only, and one that is full",
    async spoil(site) {
      const tmpfs = ["-t", "tmpfs", "-o", "size=4m,mode=0777", "tmpfs"];
      await site.pool(site.b, "small", tmpfs);
      const path = await site.pool(site.b, "closed", tmpfs);
      await run("mount", ["-o", "remount,ro", path]);
      const disks = [
        { pool: "local", sizeBytes: 64 * MiB },
        { pool: "local", sizeBytes: MiB },
      ];
      await site.make(site.a, "full02", { disks });
      await fill(site.a, "full02-disk0.qcow2");
      const targetPools = { disk0: "small", disk1: "closed" };
      return { vm: "full02", options: { withStorage, targetPools } };
    },
    reads: {
      "disk-space": /^host-b blocking: Pool "small" of "host-b" has .* free, the disks take \d+/,
      "target-pool-writable":
        /^host-b blocking: "host-b" cannot write to pool "closed": .*(read-only|EROFS)/i,
    },
    async mend(site) {
      for (const [pool, how] of [
        ["small", "remount,size=64m"],
        ["closed", "remount,rw"],
      ] as const) {
        await run("mount", ["-o", how, join(site.b.directory, pool)]);
      }
    },
    after: (site) => site.remove(site.a, "full02"),
  },
  {
    title:
      "a disk that stands on an image that the target has not, one with snapshots, and one that cannot be read",
    async spoil(site) {
      const at = (file: string) => join(site.a.directory, "local", file);
      await run("qemu-img", ["create", "-q", "-f", "qcow2", at("base.qcow2"), "16M"]);
      await chmod(at("base.qcow2"), 0o644);
      await site.make(site.a, "odd01", {
        disks: [
          { pool: "local", base: { file: "base.qcow2" } },
          { pool: "local", sizeBytes: MiB },
          { pool: "local", sizeBytes: MiB },
        ],
      });
      await run("qemu-img", ["snapshot", "-c", "before", at("odd01-disk1.qcow2")]);
      await chmod(at("odd01-disk2.qcow2"), 0);
      return { vm: "odd01", options: { withStorage } };
    },
    reads: {
      "disk-base":
        /^host-b warning: Disk "disk0" stands on "base\.qcow2", which pool "local" of "host-b" has not: its content, up to .*, is copied into the disk$/,
      "disk-snapshots":
        /^host-a blocking: Disk "disk1" holds 1 snapshot inside its image, which copying a running disk would lose$/,
      "disk-image":
        /^host-a blocking: "host-a" cannot read the image of disk "disk2", "odd01-disk2\.qcow2" in pool "local"$/,
    },
    async mend(site) {
      const at = (host: LabHost, file: string) => join(host.directory, "local", file);
      await copyFile(at(site.a, "base.qcow2"), at(site.b, "base.qcow2"));
      await run("qemu-img", ["snapshot", "-d", "before", at(site.a, "odd01-disk1.qcow2")]);
      await chmod(at(site.a, "odd01-disk2.qcow2"), 0o666);
    },
    after: (site) => site.remove(site.a, "odd01"),
  },
  {
    title: "a move that is to go on where nothing was left",
    async spoil() {
      return { vm: "own01", options: { withStorage, resume: true } };
    },
    reads: {
      "partial-kept":
        /^host-b blocking: "host-b" keeps nothing of an earlier attempt to move the disks of "own01"$/,
    },
    mend: async () => ({ vm: "own01", options: { withStorage } }),
    after: (site) => site.remove(site.a, "own01"),
  },
];

/** The image holds more than the target has room for. */
async function fill(host: LabHost, file: string): Promise<void> {
  const path = join(host.directory, "local", file);
  await run("qemu-io", ["-f", "qcow2", "-c", "write -P 7 0 16M", path]);
}
