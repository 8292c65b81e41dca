/** Gathers this host's facts in view of one VM. Reads; writes nothing but the answer into a proof file that is there. */
import { access, constants, lstat, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorChain } from "../base/errors.ts";
import type { HostPaths } from "../vm/places.ts";
import type { Switches } from "../network/switches.ts";
import { imageInfo } from "../storage/images.ts";
import { whyNotOpenKvm } from "../qemu/kvm-rights.ts";
import type { Pools } from "../storage/pools.ts";
import { answerProof, readProof } from "../storage/shared-proof.ts";
import { imagesOf } from "../vm/create.ts";
import { definitionVersion, type PoolFile, type VmDefinition } from "../vm/definition.ts";
import { partialBytes } from "../vm/keep-partial.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import { guestCpu } from "./guest-cpu.ts";
import type { FactsRequest, HostFacts } from "./facts.ts";
import { type AttachedParts, gatherAttached } from "./gather-attached.ts";
import { gatherCapacity } from "./gather-capacity.ts";
import { gatherSwitches } from "./gather-switches.ts";
import { type AccessQuestion, poolAccess } from "./pool-access.ts";
import { proofAnswer } from "./same-bytes.ts";
import { filesOf, poolsOf } from "./storage-checks.ts";

export type MachineFacts = Pick<
  HostFacts,
  | "ferryVersion"
  | "protocolVersions"
  | "qemu"
  | "accelerator"
  | "acceleratorReason"
  | "load"
  | "domain"
  | "cluster"
  | "cpu"
  | "memoryAvailableBytes"
  | "closed"
  | "defaultDiskPool"
  | "moveAddresses"
  | "migrationNetworks"
  | "performanceOption"
  | "rdmaDevices"
  | "rdmaAddresses"
  | "tpmEmulator"
  | "convergencePolicy"
  | "postCopy"
  | "pastMoves"
>;

/** As the schema bounds it: one that is found is enough to stop a move. */
const usedImagesMax = 1024;

export interface GatherParts extends Omit<AttachedParts, "fibreChannelTree"> {
  readonly host: string;
  readonly vms: LocalVms;
  readonly pools: Pools;
  readonly switches: Switches;
  /** The host's own, and where the kernel shows its devices. */
  readonly paths: HostPaths & { readonly sysfs: string; readonly devices: string };
  /** Facts about the machine that have nothing to do with the VM. */
  readonly machine: () => Promise<MachineFacts>;
}

/**
 * `role`: only the target waits for the frames that the source sends meanwhile, and tries the names it holds. What is done in
 * pools waits for `answered`: on the source, until the target's answers were read.
 */
export async function gatherFacts(
  parts: GatherParts,
  request: FactsRequest,
  role: "source" | "target",
  answered: Promise<void> = Promise.resolve(),
): Promise<HostFacts> {
  const { definition, proof } = request;
  const isTarget = role === "target";
  const { sysfs } = parts.paths;
  const { vms, host } = parts;
  const known = vms.find(definition.id) ?? vms.find(definition.name);
  const isOwner = known?.ownership === "owner";
  const [attached, network, capacity, pools, machine, storage, images, guest] = await Promise.all([
    gatherAttached({ ...parts, fibreChannelTree: parts.paths }, definition),
    gatherSwitches(parts, definition, isTarget ? proof : null),
    gatherCapacity({ ...parts, sysfs }, definition),
    answered.then(() => allPoolFacts(parts, definition, proof, isTarget)),
    isTarget ? machineForGuest(parts) : parts.machine(),
    storageFacts(parts.pools, definition),
    isOwner ? imageFacts(parts, definition) : {},
    isOwner ? guestCpu(vms, definition) : undefined,
  ]);
  return {
    ...machine,
    ...{ storage, attached, network, capacity, images, pools },
    usedImages: usedImages(vms, definition),
    ...(guest !== undefined && {
      guestFeatures: [...guest.features],
      accelerator: guest.accelerator,
    }),
    host,
    definitionVersion,
    // The kernel's own: the agent's runs on from its start, whatever a time service sets right meanwhile.
    clockMs: Date.now(),
    known: known === undefined ? null : { id: known.definition.id, state: known.state },
    switches: Object.fromEntries(
      definition.nics.map((nic) => [
        nic.switch,
        parts.switches.list().find(({ name }) => name === nic.switch)?.bridge ?? null,
      ]),
    ),
  };
}

async function allPoolFacts(
  parts: GatherParts,
  definition: VmDefinition,
  proof: string,
  isTarget: boolean,
): Promise<HostFacts["pools"]> {
  const pools = await Promise.all(
    poolsOf(definition).map(
      async (pool) => [pool, await poolFacts(parts, definition, pool, proof, isTarget)] as const,
    ),
  );
  return Object.fromEntries(pools);
}

/** A guest that comes is run by a QEMU that starts now, with the rights that it has now. */
async function machineForGuest({ machine, vms }: GatherParts): Promise<MachineFacts> {
  const facts = await machine();
  if (facts.accelerator !== "kvm") return facts;
  const acceleratorReason = await whyNotOpenKvm(await vms.qemu.user());
  return acceleratorReason === null ? facts : { ...facts, accelerator: "tcg", acceleratorReason };
}

async function storageFacts(pools: Pools, definition: VmDefinition): Promise<HostFacts["storage"]> {
  const names = new Set(filesOf(definition).map(({ file }) => file));
  const facts = await Promise.all(
    pools.list().map(async ({ name, path }) => {
      const space = await pools.space(name).catch(() => undefined); // its directory is away
      if (space === undefined) return [];
      const sizes = await Promise.all(
        [...names].map(async (file) => [file, await sizeOf(join(path, file))] as const),
      );
      const partials = await Promise.all(
        pools.partialDisks
          .list(definition.id)
          .filter(({ pool }) => pool === name)
          .map(async (partial) => [partial.file, await partialBytes(pools, partial)] as const),
      );
      const facts = {
        freeBytes: Math.max(0, space.freeBytes - (await pools.reservations.outstanding(path))),
        files: Object.fromEntries(
          [...sizes, ...partials].flatMap(([file, bytes]) =>
            bytes === undefined ? [] : [[file, bytes] as const],
          ),
        ),
        writeError: await access(path, constants.W_OK).then(() => null, errorText),
      };
      return [[name, facts] as const];
    }),
  );
  return Object.fromEntries(facts.flat());
}

function usedImages(vms: LocalVms, definition: VmDefinition): NonNullable<HostFacts["usedImages"]> {
  const names = new Set(filesOf(definition).map(({ file }) => file));
  return vms
    .list()
    .filter((vm) => vm.definition.id !== definition.id)
    .flatMap((vm) =>
      imagesOf(vm.definition)
        .filter(({ file }) => names.has(file))
        .map((image) => ({ ...image, vm: vm.definition.name })),
    )
    .slice(0, usedImagesMax);
}

async function imageFacts(
  { vms, pools }: GatherParts,
  { disks }: VmDefinition,
): Promise<HostFacts["images"]> {
  const tool = { program: vms.qemu.settings.imageTool, user: await vms.qemu.user() };
  const images = await Promise.all(
    disks.map(async ({ name, pool, file, format, backing = [] }) => {
      const path = await pools.pathOf({ pool, file }).catch(() => undefined);
      if (path === undefined) return [];
      // One that can't be read is a finding (disk-image), where the disk would have to be copied.
      const image = await imageInfo(tool, path, format).catch(() => undefined);
      if (image === undefined) return [];
      const { virtualBytes, snapshots } = image;
      const { blocks } = await stat(path);
      const beneath = await Promise.all(backing.map((image) => allocatedBytes(pools, image)));
      const backingBytes = beneath.reduce((sum, bytes) => sum + bytes, 0);
      const facts = { virtualBytes, snapshots, allocatedBytes: blocks * 512 };
      return [[name, backing.length === 0 ? facts : { ...facts, backingBytes }] as const];
    }),
  );
  return Object.fromEntries(images.flat());
}

async function allocatedBytes(pools: Pools, image: PoolFile): Promise<number> {
  const path = await pools.pathOf(image).catch(() => undefined);
  return path === undefined ? 0 : (await stat(path)).blocks * 512;
}

/** Undefined when there is nothing of that name. */
async function sizeOf(path: string): Promise<number | undefined> {
  return (await lstat(path).catch(() => undefined))?.size;
}

function errorText(error: unknown): string {
  return errorChain(error).slice(0, 1000);
}

async function poolFacts(
  { host, pools, vms }: GatherParts,
  definition: VmDefinition,
  name: string,
  nonce: string,
  isTarget: boolean,
): Promise<HostFacts["pools"][string]> {
  const pool = pools.list().find((candidate) => candidate.name === name);
  if (pool === undefined) return null;
  try {
    await pools.reach(name);
    await access(pool.path, constants.R_OK | constants.X_OK);
  } catch {
    return null;
  }
  const proof = (await readProof(pool.path, nonce)) ?? null;
  const files = filesOf(definition).filter((file) => file.pool === name);
  const missing = await Promise.all(
    files.map(async (file) => ((await sees(pools, file)) ? [] : [file.file])),
  );
  const rights = await poolAccess({
    path: pool.path,
    nonce: isTarget && proof !== null ? nonce : null,
    user: await vms.qemu.user(),
    files: await presentFiles(pools, definition, name),
  });
  return {
    ...rights,
    id: pool.id,
    freeBytes: (await pools.space(name)).freeBytes,
    proof,
    writeError:
      proof === null ? null : await answer(pool.path, nonce, `${proof}\n${proofAnswer(host)}`),
    missing: [...new Set(missing.flat())],
  };
}

async function presentFiles(
  pools: Pools,
  definition: VmDefinition,
  name: string,
): Promise<AccessQuestion["files"]> {
  const files = filesOf(definition).filter(({ pool }) => pool === name);
  const present = await Promise.all(
    files.map(async ({ pool, file, writes }) => {
      const path = await pools.pathOf({ pool, file }).catch(() => undefined);
      if (path === undefined) return [];
      const disk = definition.disks.find((one) => one.pool === pool && one.file === file);
      return [{ file, path, writes, direct: disk?.cache === "none" }];
    }),
  );
  return present.flat();
}

async function answer(path: string, nonce: string, text: string): Promise<string | null> {
  try {
    await answerProof(path, nonce, text);
    return null;
  } catch (error) {
    return errorText(error);
  }
}

async function sees(pools: Pools, file: { pool: string; file: string }): Promise<boolean> {
  try {
    await pools.pathOf({ pool: file.pool, file: file.file });
    return true;
  } catch {
    return false;
  }
}
