/** What this machine is, as the API shows it and as checks compare it. */
import { readFileSync } from "node:fs";
import { type } from "node:os";
import type { Machine } from "../api/services.ts";
import { FerryError } from "../base/errors.ts";
import { readHostFacts } from "../host/facts.ts";
import { readRdmaDevices } from "../host/rdma.ts";
import type { MachineFacts } from "../precheck/gather.ts";
import { knownVersions } from "../protocol/version.ts";
import type { QemuHost } from "../qemu/qemu-host.ts";
import { probeTpm } from "../qemu/tpm.ts";
import { formatQemuVersion } from "../qemu/version.ts";

export async function readMachine(qemu: QemuHost): Promise<Machine> {
  const [facts, found] = await Promise.all([readHostFacts(), findQemu(qemu)]);
  return {
    protocolVersions: [...knownVersions],
    operatingSystem: operatingSystem(),
    kernel: facts.kernel,
    ...found,
    cpu: { model: facts.cpu.model, threads: facts.cpu.count, flags: [...facts.cpu.flags] },
    memory: { ...facts.memory },
  };
}

/** What depends on this host's settings and VMs, and not on the machine alone. */
type HostWideFact =
  | "memoryAvailableBytes"
  | "closed"
  | "defaultDiskPool"
  | "moveAddresses"
  | "migrationNetworks"
  | "performanceOption";

export async function readMachineFacts(
  qemu: QemuHost,
  ferryVersion: string,
): Promise<Omit<MachineFacts, HostWideFact>> {
  const [facts, found] = await Promise.all([readHostFacts(), findQemu(qemu)]);
  return {
    ferryVersion,
    protocolVersions: [...knownVersions],
    ...found,
    cpu: { vendor: facts.cpu.vendor, flags: [...facts.cpu.flags] },
    rdmaDevices: await readRdmaDevices(),
    tpmEmulator: await probeTpm(qemu.settings.tpmEmulator),
  };
}

/** A host without QEMU is still a host: it says so, and the checks say what to install. */
async function findQemu(qemu: QemuHost): Promise<Pick<Machine, "qemu" | "accelerator">> {
  try {
    const { version, machines } = await qemu.features();
    const { accelerator } = await qemu.accelerator();
    return {
      qemu: { version: formatQemuVersion(version), machineTypes: [...machines] },
      accelerator,
    };
  } catch (error) {
    if (error instanceof FerryError) return { qemu: null, accelerator: "tcg" };
    throw error;
  }
}

function operatingSystem(): string {
  try {
    const release = readFileSync("/etc/os-release", "utf8");
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? type();
  } catch {
    // Not every system has the file.
    return type();
  }
}
