/**
 * What a whole Debian host of the host lab consists of: packages, the few files that make it start quickly and take its
 * name and address from the kernel's command line, and how its machine is started. Pure.
 */

export const suite = "trixie";
/** Debian's usual kernel: the one for clouds has no rdma_rxe. */
const kernel = "linux-image-amd64";
const system = [
  kernel,
  "systemd-sysv",
  "udev",
  "dbus",
  "kmod",
  "procps",
  "iproute2",
  "openssh-server",
];
/** What Ferry's package depends on or recommends, so that installing it needs no network. */
const forFerry = [
  "qemu-system-x86",
  "qemu-utils",
  "qemu-block-extra",
  "ovmf",
  "swtpm",
  "adduser",
  "libatomic1",
  "util-linux",
  "zstd",
];
const forStorage = ["cifs-utils", "nfs-common", "rdma-core", "ibverbs-providers", "ibverbs-utils"];
export const packages: readonly string[] = [...system, ...forFerry, ...forStorage];

export const diskBytes = 5 * 1024 ** 3;
export const memoryMib = 3072;

/** Files by path; the modes of programs and keys are their own. */
export const files: Readonly<Record<string, { readonly text: string; readonly mode?: number }>> = {
  "etc/fstab": { text: "" },
  "etc/hosts": {
    text: "127.0.0.1 localhost\n10.77.0.21 host-a\n10.77.0.22 host-b\n10.77.0.23 host-c\n",
  },
  // A soft-RoCE device needs pinned memory; guests of the lab are small.
  "etc/modules-load.d/ferry-lab.conf": { text: "kvm_amd\ntun\nbridge\n" },
  "etc/ssh/sshd_config.d/lab.conf": {
    text: "PermitRootLogin prohibit-password\nUseDNS no\nUsePAM no\n",
  },
  "usr/local/sbin/lab-identity": {
    mode: 0o755,
    text: `#!/bin/sh
# Takes the host's name and address from the kernel's command line; guests share the bridge with it.
set -e
for word in $(cat /proc/cmdline); do
  case $word in
    ferry.host=*) hostname "\${word#*=}"; hostname > /etc/hostname ;;
    ferry.address=*) address=\${word#*=} ;;
  esac
done
ip link add br0 type bridge
ip link set br0 address "$(cat /sys/class/net/eth0/address)"
ip link set eth0 master br0 up
ip link set br0 up
ip address add "$address" dev br0
`,
  },
  "etc/systemd/system/lab-identity.service": {
    text: `[Unit]
Description=Name and address of this host in its lab
DefaultDependencies=no
After=systemd-modules-load.service systemd-udev-settle.service local-fs.target
Before=network.target ssh.service ferryd.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/lab-identity
[Install]
WantedBy=multi-user.target
`,
  },
};

/** Units that only cost time here. */
export const masked: readonly string[] = [
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "systemd-networkd-wait-online.service",
  "serial-getty@ttyS0.service",
  "getty@tty1.service",
  "e2scrub_all.timer",
  "fstrim.timer",
  "man-db.timer",
  "dpkg-db-backup.timer",
  "rpcbind.service",
  "rpcbind.socket",
];

export interface MachinePlan {
  readonly name: string;
  /** With prefix length. */
  readonly address: string;
  readonly mac: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly disk: string;
  /** A port of the namespace's bridge. */
  readonly tap: string;
  /** Of the machine's serial port: what its kernel and systemd say. */
  readonly log: string;
  readonly monitor: string;
}

/**
 * Arguments of qemu-system-x86_64. TCG emulates AMD's virtualization with nested paging, so that KVM works inside the host
 * where this machine's own can't be used.
 */
export function machineArguments(plan: MachinePlan): string[] {
  const append = [
    "root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 mitigations=off",
    `ferry.host=${plan.name} ferry.address=${plan.address}`,
  ];
  return [
    ...[
      "-name",
      plan.name,
      "-accel",
      "tcg,thread=multi",
      "-cpu",
      "EPYC-Rome,+svm,+npt,-rdseed,-sha-ni",
    ],
    ...["-m", String(memoryMib), "-smp", "1", "-display", "none", "-nodefaults", "-no-user-config"],
    ...["-kernel", plan.kernel, "-initrd", plan.initrd, "-append", append.join(" ")],
    ...["-drive", `file=${plan.disk},if=virtio,format=qcow2,cache=unsafe,discard=unmap`],
    ...["-netdev", `tap,id=lan,ifname=${plan.tap},script=no,downscript=no`],
    ...["-device", `virtio-net-pci,netdev=lan,mac=${plan.mac}`],
    ...["-device", "virtio-rng-pci", "-device", "i6300esb", "-action", "watchdog=reset"],
    ...["-serial", `file:${plan.log}`, "-qmp", `unix:${plan.monitor},server=on,wait=off`],
  ];
}
