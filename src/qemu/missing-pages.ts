/**
 * Whether this host's QEMU may learn of pages that a guest touches and misses, which post-copy needs on the target: the
 * kernel's userfaultfd, for faults in the kernel too (KVM, and system calls that write into guest memory).
 */
import { readFile, stat } from "node:fs/promises";
import type { QemuUser } from "./user.ts";
import { mayOpen } from "./user-access.ts";
import { compareQemuVersions, parseQemuVersion, type QemuVersion } from "./version.ts";

const device = "/dev/userfaultfd";
/** QEMU opens the device from this version on; before, only the system call is left to it. */
const versionWithDevice = parseQemuVersion("8.0.0");

/** Null where it may; otherwise why not, and what mends it. */
export async function whyNoMissingPages(
  user: QemuUser,
  version: QemuVersion,
): Promise<{ readonly present: string; readonly remedy: string } | null> {
  if (user.uid === 0 && (await isMachinesRoot())) return null;
  if ((await readSetting()) === "1") return null;
  const setting =
    "echo 'vm.unprivileged_userfaultfd = 1' > /etc/sysctl.d/60-ferry.conf; sysctl --system";
  if (compareQemuVersions(version, versionWithDevice) < 0) {
    const present = "vm.unprivileged_userfaultfd is 0, and this QEMU knows no other way";
    return { present, remedy: `Let it: ${setting}; or install QEMU 8.0 or later` };
  }
  if (await mayOpenDevice(user)) return null;
  const rule = `KERNEL=="userfaultfd", MODE="0660", GROUP="${user.gid}"`;
  return {
    present: `QEMU's user ${user.uid} may not open ${device}`,
    remedy: `Let it: echo '${rule}' > /etc/udev/rules.d/60-ferry.rules; udevadm control --reload; udevadm trigger ${device}`,
  };
}

/** Root of a user namespace is nobody to the machine. */
async function isMachinesRoot(): Promise<boolean> {
  const map = await readFile("/proc/self/uid_map", "utf8").catch(() => "");
  return /^\s*0\s+0\s+4294967295\s*$/.test(map);
}

async function readSetting(): Promise<string | undefined> {
  const text = await readFile("/proc/sys/vm/unprivileged_userfaultfd", "utf8").catch(() => "1");
  return text.trim();
}

/** Asked again only once something about the device has changed: rights, and access lists, change its `ctime`. */
let remembered: { readonly key: string; readonly answer: boolean } | undefined;

async function mayOpenDevice(user: QemuUser): Promise<boolean> {
  const { ino, ctimeNs } = await stat(device, { bigint: true }).catch(() => nothing);
  const key = `${ino} ${ctimeNs} ${user.uid} ${user.gid}`;
  if (remembered?.key === key) return remembered.answer;
  const answer = await mayOpen(user, [{ path: device, writes: true }]);
  if (answer !== undefined) remembered = { key, answer };
  return answer ?? false;
}

const nothing = { ino: 0n, ctimeNs: 0n };
