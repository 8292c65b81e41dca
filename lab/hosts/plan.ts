/**
 * The layout of a lab of whole hosts: which machines, which addresses, and QEMU's arguments for each. Pure.
 *
 *   host-a  eth0 ═ tap host-a ════════ bridge lan    10.88.0.0/24: hosts, guests, storage; .1 is this machine
 *           eth1 ═ tap host-a-moves ══ bridge moves  10.89.0.0/24: for moves alone
 *   host-b  …                                        (both bridges in one namespace, which is the switch)
 */
import { join } from "node:path";

export interface HostsPlan {
  readonly name: string;
  /** The switch, and where the machines' own QEMUs run. */
  readonly namespace: string;
  readonly directory: string;
  readonly hosts: readonly HostMachine[];
}

export interface HostMachine {
  readonly name: string;
  readonly address: string;
  readonly mac: string;
  /** The switch's end, which can be cut. */
  readonly tap: string;
  /** The same in the network for moves. */
  readonly moves: { readonly address: string; readonly mac: string; readonly tap: string };
  /** What this host has changed of the base image. */
  readonly disk: string;
  readonly console: string;
  readonly monitor: string;
}

export interface BaseImage {
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
  /** The key that every host lets in as root. */
  readonly key: string;
}

export const bridge = "lan";
export const movesBridge = "moves";
export const prefixLength = 24;
export const switchAddress = `10.88.0.1/${prefixLength}`;
const hostsMax = 5;
/** A host that runs QEMU with a guest of 256 MiB, twice while one comes and one goes. */
const memoryMib = 2560;

/**
 * An AMD processor with nested virtualization, which QEMU's emulator can do: KVM works inside. Without the two instructions that it
 * announces for that model and does not have.
 */
const processor = "EPYC-Rome,+svm,+npt,-rdseed,-sha-ni";

export function planHosts(name: string, count: number): HostsPlan {
  if (!/^[a-z][a-z0-9]{0,11}$/.test(name)) {
    throw new RangeError(`Cannot name a lab "${name}": wants 1 to 12 of a-z and 0-9`);
  }
  if (!Number.isInteger(count) || count < 1 || count > hostsMax) {
    throw new RangeError(`Cannot build a lab with ${count} hosts: wants 1 to ${hostsMax}`);
  }
  const directory = `/var/tmp/ferry-hosts-${name}`;
  const hosts = Array.from({ length: count }, (_, index) => {
    const host = `host-${String.fromCharCode(97 + index)}`;
    return {
      name: host,
      address: `10.88.0.${11 + index}`,
      mac: `52:54:00:88:00:${(11 + index).toString(16).padStart(2, "0")}`,
      tap: host,
      moves: {
        address: `10.89.0.${11 + index}`,
        mac: `52:54:00:89:00:${(11 + index).toString(16).padStart(2, "0")}`,
        tap: `${host}-moves`,
      },
      disk: join(directory, `${host}.qcow2`),
      console: join(directory, `${host}.log`),
      monitor: join(directory, `${host}.qmp`),
    };
  });
  return { name, namespace: `ferry-hosts-${name}`, directory, hosts };
}

/** QEMU's arguments for one host. It learns its name and address from the kernel's command line. */
export function machineArguments(host: HostMachine, base: BaseImage, hasKvm: boolean): string[] {
  const kernelLine = [
    "root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 mitigations=off",
    `ferry.host=${host.name} ferry.address=${host.address}/${prefixLength}`,
    `ferry.moves=${host.moves.address}/${prefixLength}`,
  ].join(" ");
  return [
    ["-name", host.name, "-nodefaults", "-display", "none", "-no-reboot"],
    hasKvm ? ["-accel", "kvm", "-cpu", "host"] : ["-accel", "tcg,thread=multi", "-cpu", processor],
    ["-M", "q35", "-m", String(memoryMib), "-smp", "1"],
    ["-kernel", base.kernel, "-initrd", base.initrd, "-append", kernelLine],
    ["-drive", `file=${host.disk},if=virtio,format=qcow2,cache=unsafe`],
    ["-netdev", `tap,id=net,ifname=${host.tap},script=no,downscript=no`],
    ["-device", `virtio-net-pci,netdev=net,mac=${host.mac}`],
    ["-netdev", `tap,id=moves,ifname=${host.moves.tap},script=no,downscript=no`],
    ["-device", `virtio-net-pci,netdev=moves,mac=${host.moves.mac}`],
    ["-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng"],
    ["-serial", `file:${host.console}`, "-qmp", `unix:${host.monitor},server=on,wait=off`],
  ].flat();
}
