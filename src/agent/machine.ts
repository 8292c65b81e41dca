/** What this machine is, as the API shows it and as checks compare it. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type } from "node:os";
import type { Machine } from "../api/services.ts";
import { FerryError } from "../base/errors.ts";
import { readHostFacts } from "../host/facts.ts";
import { readProcessor } from "../host/processor.ts";
import { readRdmaPorts } from "../host/rdma.ts";
import type { MachineFacts } from "../precheck/gather.ts";
import { knownVersions } from "../protocol/version.ts";
import type { Trust } from "../trust/trust.ts";
import { whyNoMissingPages } from "../qemu/missing-pages.ts";
import { definitionVersions } from "../vm/definition.ts";
import type { QemuHost } from "../qemu/qemu-host.ts";
import { probeTpm } from "../qemu/tpm.ts";
import { formatQemuVersion } from "../qemu/version.ts";

export async function readMachine(qemu: QemuHost): Promise<Machine> {
  const [facts, found] = await Promise.all([readHostFacts(), findQemu(qemu)]);
  return {
    protocolVersions: [...knownVersions],
    definitionVersions: [...definitionVersions],
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
  | "domain"
  | "closed"
  | "defaultDiskPool"
  | "moveAddresses"
  | "rdmaAddresses"
  | "migrationNetworks"
  | "performanceOption"
  | "convergencePolicy"
  | "pastMoves";

export async function readMachineFacts(
  qemu: QemuHost,
  ferryVersion: string,
  sysfs: string,
): Promise<Omit<MachineFacts, HostWideFact>> {
  const [facts, processor, found] = await Promise.all([
    readHostFacts(),
    readProcessor(sysfs),
    findQemu(qemu),
  ]);
  const guests = found.qemu === null ? undefined : await qemu.cpu();
  return {
    ferryVersion,
    protocolVersions: [...knownVersions],
    ...found,
    cpu: {
      ...processor,
      vendor: facts.cpu.vendor,
      flags: [...facts.cpu.flags],
      ...(guests && {
        available: [...guests.available],
        models: guests.models.map(({ name }) => name),
      }),
    },
    load: { oneMinute: facts.load[0], cpus: facts.cpu.count },
    rdmaDevices: [...new Set((await readRdmaPorts(sysfs)).map(({ device }) => device))],
    tpmEmulator: await probeTpm(qemu.settings.tpmEmulator),
    postCopy: await readPostCopy(qemu),
  };
}

/** A host without QEMU, or that can't become QEMU's user, has its own check. */
async function readPostCopy(qemu: QemuHost): Promise<NonNullable<MachineFacts["postCopy"]> | null> {
  try {
    const { version } = await qemu.features();
    return await whyNoMissingPages(await qemu.user(), version);
  } catch (error) {
    if (error instanceof FerryError) return { present: error.message, remedy: error.remedy ?? "" };
    throw error;
  }
}

/** A host without QEMU is still a host: it says so, and the checks say what to install. */
async function findQemu(
  qemu: QemuHost,
): Promise<Pick<Machine, "qemu" | "accelerator"> & { acceleratorReason: string | null }> {
  try {
    const { version, machines } = await qemu.features();
    const { accelerator, reason } = await qemu.accelerator();
    return {
      qemu: { version: formatQemuVersion(version), machineTypes: [...machines] },
      accelerator,
      acceleratorReason: reason,
    };
  } catch (error) {
    if (error instanceof FerryError)
      return { qemu: null, accelerator: "tcg", acceleratorReason: null };
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

/** Nothing for a host without a domain. */
export function domainFact(trust: Trust): Pick<MachineFacts, "domain"> {
  const { membership } = trust;
  if (membership === undefined) return {};
  const trusted = trust.trustedDomains().map(({ id }) => id);
  const certificateUntilMs = new X509Certificate(membership.certificate).validToDate.getTime();
  return { domain: { ...membership.domain, trusted, certificateUntilMs } };
}
