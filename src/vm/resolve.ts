/** Finds on this host what a definition names, or says what is missing. Reads only. */
import type { DatabaseSync } from "node:sqlite";
import { FerryError } from "../base/errors.ts";
import type { Switches } from "../network/switches.ts";
import { requireBridge } from "../network/switches.ts";
import { memoryForGuests } from "../host/guests-share.ts";
import type { MachineResources } from "../qemu/command-line.ts";
import type { Accelerator } from "../qemu/cpu-model.ts";
import { findUefiFirmware } from "../qemu/firmware.ts";
import type { QemuHost } from "../qemu/qemu-host.ts";
import type { DiskFacts } from "../qemu/storage-devices.ts";
import type { LockOwner } from "../storage/disk-lock.ts";
import { resolveBacking } from "../storage/backing.ts";
import type { ImageTool } from "../storage/images.ts";
import type { Pools } from "../storage/pools.ts";
import type { Log } from "../base/log.ts";
import type { VmDefinition } from "./definition.ts";
import { type HostPaths, vmPlaces } from "./places.ts";

/** What the VMs of a host are made from. */
export interface VmHostParts {
  readonly database: DatabaseSync;
  readonly log: Log;
  readonly paths: HostPaths;
  readonly qemu: QemuHost;
  readonly pools: Pools;
  readonly switches: Switches;
  /** Who this host is, for the locks on shared disks. Asked each time: a host joins a domain while it runs. */
  readonly identity: () => LockOwner;
  /** Told of every process, from its start or from its adoption on; `runState` is what QEMU says of it then. */
  readonly onProcess?: (definition: VmDefinition, directory: string, runState: string) => void;
  /** Throws FerryError where the host's cluster does not let this VM run now. Absent: nobody else has a word in it. */
  readonly permission?: (vm: string) => Promise<void>;
  /** Pools that this host can't reach just now, as its cluster has found. Absent: none. */
  readonly poolsAway?: () => ReadonlySet<string>;
  /** Physical disks that this host's cluster gives from host to host. Absent: none. */
  readonly sharedDisks?: () => readonly string[];
}

export async function imageTool({ qemu }: VmHostParts): Promise<ImageTool> {
  return { program: qemu.settings.imageTool, user: await qemu.user() };
}

/**
 * Everything a start needs, proven to be there. No VM, file or device is changed.
 * @throws FerryError naming the first thing that is missing or does not fit.
 */
export async function resolveFacts(
  parts: VmHostParts,
  definition: VmDefinition,
): Promise<MachineResources> {
  await requireMachine(parts.qemu, definition);
  const places = vmPlaces(parts.paths, definition);
  const { accelerator } = await parts.qemu.accelerator();
  const tool = await imageTool(parts);
  for (const nic of definition.nics) await requireBridge(parts.switches.get(nic.switch).bridge);
  return {
    accelerator,
    dataDirectory: parts.qemu.settings.dataDirectory,
    directory: places.directory,
    disks: await resolveDisks(parts.pools, tool, definition),
    cdroms: await Promise.all(
      definition.cdroms.map(async ({ medium }) =>
        medium === null ? null : parts.pools.pathOf(medium),
      ),
    ),
    taps: places.taps,
    folders: await resolveFolders(parts.pools, definition),
    kernel: await resolveKernel(parts.pools, definition),
    firmware:
      definition.machine.firmware === "bios"
        ? null
        : { code: (await findUefiFirmware()).code, variables: places.firmwareVariables },
  };
}

/** Facts good enough to see whether a definition can be built at all, before any of its files exist. */
export function imaginedFacts(
  parts: VmHostParts,
  definition: VmDefinition,
  accelerator: Accelerator,
): MachineResources {
  const { directory, taps, firmwareVariables } = vmPlaces(parts.paths, definition);
  const { kernelBoot, machine } = definition;
  return {
    accelerator,
    dataDirectory: null,
    directory,
    taps,
    disks: definition.disks.map(({ file, backing = [] }) => ({
      path: file,
      backing: backing.map((image) => image.file),
    })),
    cdroms: definition.cdroms.map(() => null),
    kernel: kernelBoot === null ? null : { kernel: kernelBoot.kernel.file, initrd: null },
    firmware: machine.firmware === "bios" ? null : { code: "", variables: firmwareVariables },
  };
}

/** @throws FerryError `unsupported` when this host's QEMU does not know the pinned machine type. */
export async function requireMachine(qemu: QemuHost, definition: VmDefinition): Promise<void> {
  const { machines, path } = await qemu.features();
  const { type } = definition.machine;
  if (machines.includes(type)) return;
  throw new FerryError(
    "unsupported",
    `Cannot build VM "${definition.name}": machine type ${type} is unknown to "${path}"`,
    { remedy: "Upgrade QEMU on this host, or create the VM with an older machine type" },
  );
}

/**
 * A host without memory kills a guest in mid-run, so promises are counted, not pages.
 * @throws FerryError `no-space`.
 */
export async function admitMemory(
  { sysfs = "/sys" }: HostPaths,
  definition: VmDefinition,
  promisedMib: number,
): Promise<void> {
  const totalMib = Math.floor((await memoryForGuests(sysfs)) / (1024 * 1024));
  const freeMib = Math.max(0, totalMib - promisedMib);
  if (definition.memory.mib <= freeMib) return;
  throw new FerryError(
    "no-space",
    `Cannot give VM "${definition.name}" ${definition.memory.mib} MiB of memory: of the ${totalMib} MiB that this host has for guests ${freeMib} are free`,
    { remedy: "Stop another VM, or move it to another host" },
  );
}

async function resolveDisks(
  pools: Pools,
  tool: ImageTool,
  { disks }: VmDefinition,
): Promise<DiskFacts[]> {
  const facts: DiskFacts[] = [];
  for (const disk of disks) {
    const path = await pools.pathOf({ pool: disk.pool, file: disk.file });
    facts.push({ path, backing: await resolveBacking(tool, pools, path, disk) });
  }
  return facts;
}

async function resolveFolders(
  pools: Pools,
  { sharedFolders = [] }: VmDefinition,
): Promise<string[]> {
  return Promise.all(
    sharedFolders.map(({ pool, directory }) => pools.directoryOf({ pool, file: directory })),
  );
}

async function resolveKernel(
  pools: Pools,
  { kernelBoot }: VmDefinition,
): Promise<MachineResources["kernel"]> {
  if (kernelBoot === null) return null;
  return {
    kernel: await pools.pathOf(kernelBoot.kernel),
    initrd: kernelBoot.initrd === null ? null : await pools.pathOf(kernelBoot.initrd),
  };
}
