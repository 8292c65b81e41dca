/** What the guest is made of: which Debian packages, which of their files, which kernel modules. Pure data. */

/** Depends on the kernel package of the day. */
export const kernelMetaPackage = "linux-image-cloud-amd64";

export const packages = [
  "busybox-static",
  "e2fsprogs",
  "perl-base",
  "redis-server",
  "redis-tools",
  "stress-ng",
  // The libraries of the programs above.
  "libapparmor1",
  "libatomic1",
  "libblkid1",
  "libbsd0",
  "libc6",
  "libcap2",
  "libcom-err2",
  "libcrypt1",
  "libdrm2",
  "libegl1",
  "libexpat1",
  "libext2fs2",
  "libffi8",
  "libgbm1",
  "libgcc-s1",
  "libgcrypt20",
  "libgles2",
  "libglvnd0",
  "libgpg-error0",
  "libipsec-mb1",
  "libjemalloc2",
  "libjpeg62-turbo",
  "libjudydebian1",
  "libkmod2",
  "liblz4-1",
  "liblzf1",
  "liblzma5",
  "libmd0",
  "libsctp1",
  "libssl3",
  "libstdc++6",
  "libsystemd0",
  "libuuid1",
  "libwayland-server0",
  "libxxhash0",
  "libzstd1",
  "zlib1g",
] as const;

/** Path inside the packages: path inside the guest. Their libraries follow by themselves. */
export const programs: Readonly<Record<string, string>> = {
  "bin/busybox": "bin/busybox",
  "usr/bin/perl": "usr/bin/perl",
  "usr/bin/redis-server": "bin/redis-server",
  "usr/bin/redis-cli": "bin/redis-cli",
  "usr/bin/stress-ng": "bin/stress-ng",
  "sbin/mke2fs": "bin/mkfs.ext4",
  "sbin/e2fsck": "bin/e2fsck",
};

/** What a guest needs that only writes and counts: a few megabytes, so that it boots and moves in a moment. */
export const smallPrograms: Readonly<Record<string, string>> = {
  "bin/busybox": "bin/busybox",
  "usr/bin/perl": "usr/bin/perl",
};

/** Copied whole. */
export const directories = ["usr/lib/x86_64-linux-gnu/perl-base"] as const;

/** Loaded in this order, each after what it depends on. ext4 is in the kernel itself. */
export const modules = [
  "virtio_ring",
  "virtio",
  "virtio_pci_modern_dev",
  "virtio_pci_legacy_dev",
  "virtio_pci",
  "failover",
  "net_failover",
  "virtio_net",
  "virtio_blk",
  "virtio_scsi",
  "sd_mod",
  "sr_mod",
  "isofs",
  "button",
  "evdev",
] as const;
