/**
 * The disk that all hosts of the lab start from: Debian 13 with what Ferry's package depends on and what hosts of a real site have, built
 * once with debootstrap and kept in `.cache/hosts`. Nothing of Ferry is in it: its package is installed on hosts that run.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { BaseImage } from "./plan.ts";

const run = promisify(execFile);
const cache = join(import.meta.dirname, "../../.cache/hosts");
const suite = "trixie";
const diskSize = "6G";
/** A slow mirror; a hung one shall not hang for ever. */
const buildMsMax = 45 * 60_000;

/** The whole kernel: the one for clouds lacks soft-RoCE. */
const packages = [
  ...["linux-image-amd64", "initramfs-tools", "kmod", "udev", "systemd-sysv", "dbus"],
  ...["openssh-server", "iproute2", "iputils-ping", "procps", "ca-certificates"],
  ...["qemu-system-x86", "qemu-utils", "qemu-block-extra", "ovmf", "swtpm", "swtpm-tools"],
  ...["libatomic1", "adduser", "cifs-utils", "nfs-common", "etcd-server"],
  ...["rdma-core", "ibverbs-providers", "ibverbs-utils"],
];

/** What a host of the lab has that Debian has not: its name and address, from the kernel's command line. */
const files: Readonly<Record<string, string>> = {
  "etc/systemd/system/lab-identity.service": `[Unit]
Description=Name and address of this host of the lab
DefaultDependencies=no
After=systemd-udev-settle.service systemd-remount-fs.service
Wants=systemd-udev-settle.service
Before=network.target ssh.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/lab-identity

[Install]
WantedBy=sysinit.target
`,
  "usr/local/sbin/lab-identity": `#!/bin/sh
# The guests' bridge has the host's address, as a host that runs VMs has it.
set -e
for word in $(cat /proc/cmdline); do
  case $word in
    ferry.host=*) hostname "\${word#*=}"; echo "\${word#*=}" > /etc/hostname ;;
    ferry.address=*) address=\${word#*=} ;;
    ferry.moves=*) moves=\${word#*=} ;;
  esac
done
ip link set lo up
ip link add br0 address "$(cat /sys/class/net/eth0/address)" type bridge mcast_snooping 0
ip link set eth0 master br0 up
ip link set br0 up
ip address add "$address" dev br0
ip link set eth1 up
ip address add "$moves" dev eth1
modprobe kvm_amd || modprobe kvm_intel || true
`,
  "etc/hosts": `127.0.0.1 localhost
10.88.0.11 host-a
10.88.0.12 host-b
10.88.0.13 host-c
10.88.0.14 host-d
10.88.0.15 host-e
`,
  "etc/fstab": "/dev/vda / ext4 defaults 0 1\n",
};
const masked = [
  ...["systemd-networkd-wait-online.service", "apt-daily.timer", "apt-daily-upgrade.timer"],
  ...["serial-getty@ttyS0.service", "e2scrub_all.timer", "fstrim.timer", "man-db.timer"],
  // Ferry starts its own members.
  "etcd.service",
];

/** Built if it is not there. @throws Error where this is not root of the machine, which debootstrap wants. */
export async function baseImage(say: (line: string) => void): Promise<BaseImage> {
  const recipe = JSON.stringify([suite, diskSize, packages, files, masked]);
  const digest = createHash("sha256").update(recipe).digest("hex").slice(0, 12);
  const place = join(cache, digest);
  const image = imageIn(place);
  if (existsSync(image.disk)) return image;
  say(`Building the hosts' base image in ${place}: some minutes, once`);
  const making = `${place}.making`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  await build(making, say);
  await rename(making, place);
  return image;
}

function imageIn(place: string): BaseImage {
  return {
    disk: join(place, "base.raw"),
    kernel: join(place, "vmlinuz"),
    initrd: join(place, "initrd.img"),
    key: join(place, "key"),
  };
}

async function build(place: string, say: (line: string) => void): Promise<void> {
  const image = imageIn(place);
  const tree = join(place, "tree");
  const include = `--include=${packages.join(",")}`;
  await run("debootstrap", ["--variant=minbase", include, suite, tree], { timeout: buildMsMax });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), content);
  }
  await chmod(join(tree, "usr/local/sbin/lab-identity"), 0o755);
  const units = join(tree, "etc/systemd/system");
  for (const unit of masked) await symlink("/dev/null", join(units, unit));
  await mkdir(join(units, "sysinit.target.wants"), { recursive: true });
  await symlink(
    "../lab-identity.service",
    join(units, "sysinit.target.wants/lab-identity.service"),
  );
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", image.key]);
  await mkdir(join(tree, "root/.ssh"), { recursive: true, mode: 0o700 });
  await run("cp", [`${image.key}.pub`, join(tree, "root/.ssh/authorized_keys")]);
  await takeBoot(tree, image);
  await run("rm", ["-rf", join(tree, "var/cache/apt/archives")]);
  say("Writing the disk");
  await run("mkfs.ext4", ["-q", "-E", "lazy_itable_init=1", "-d", tree, image.disk, diskSize]);
  await rm(tree, { recursive: true });
}

/** The host starts from kernel and initrd outside its disk: it needs no boot loader. */
async function takeBoot(tree: string, image: BaseImage): Promise<void> {
  const names = await readdir(join(tree, "boot"));
  const named = (start: string): string => {
    const name = names.find((candidate) => candidate.startsWith(start));
    if (name === undefined) throw new Error(`Cannot build the base image: it has no ${start}`);
    return join(tree, "boot", name);
  };
  await run("cp", [named("vmlinuz-"), image.kernel]);
  await run("cp", [named("initrd.img-"), image.initrd]);
}
