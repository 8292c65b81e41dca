/** Gathers what this host says about a VM's LUNs, adapters, folders and devices. Changes nothing. */
import { errorChain } from "../base/errors.ts";
import { fibreChannelPorts, remotePorts } from "../host/fibre-channel.ts";
import { uefiFirmwareBytes } from "../qemu/firmware.ts";
import { queryBlockers } from "../qemu/migration-blockers.ts";
import { probeIscsi } from "../qemu/probe-lun.ts";
import type { Pools } from "../storage/pools.ts";
import type { Secrets } from "../storage/secrets.ts";
import type { VmDefinition } from "../vm/definition.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import { lunUser } from "../vm/lun-key.ts";
import type { AttachedFacts } from "./attached-facts.ts";

export interface AttachedParts {
  readonly vms: LocalVms;
  readonly pools: Pools;
  readonly secrets: Secrets;
  readonly fibreChannelTree: Parameters<typeof fibreChannelPorts>[0];
}

export async function gatherAttached(
  parts: AttachedParts,
  definition: VmDefinition,
): Promise<AttachedFacts> {
  const { vms, secrets } = parts;
  const known = (await secrets.list()).map(({ name }) => name);
  const wanted = (definition.luns ?? []).flatMap(({ source }) =>
    source.kind === "iscsi" && source.secret !== undefined ? [source.secret] : [],
  );
  const others = vms.list().map((record) => record.definition);
  const { luns = [] } = definition;
  const users = luns.flatMap(({ name }) => {
    const user = lunUser(definition, name, others);
    return user === undefined ? [] : [[name, user.name] as const];
  });
  const [probed, fibreChannel, folders, blockers] = await Promise.all([
    probeLuns(parts, definition),
    lookAtFabrics(parts, definition),
    lookAtFolders(parts, definition),
    ownBlockers(parts, definition),
  ]);
  return {
    luns: probed,
    lunUsers: Object.fromEntries(users),
    missingSecrets: [...new Set(wanted)].filter((name) => !known.includes(name)),
    ...{ fibreChannel, folders, blockers },
    uefiBytes: definition.machine.firmware === "uefi" ? await uefiFirmwareBytes() : null,
  };
}

async function probeLuns(
  { vms, secrets }: AttachedParts,
  { id, luns = [] }: VmDefinition,
): Promise<AttachedFacts["luns"]> {
  const probed = await Promise.all(
    luns.map(async ({ name, source }) => {
      if (source.kind !== "iscsi") return [];
      // A secret that is not there is a finding of its own.
      const chap =
        source.secret === undefined
          ? null
          : await secrets.get(source.secret).catch(() => undefined);
      if (chap === undefined) return [];
      const { bytes, error } = await probeIscsi(vms.qemu, source, id, chap);
      return [[name, { bytes, error: error?.slice(0, 1000) ?? null }] as const];
    }),
  );
  return Object.fromEntries(probed.flat());
}

async function lookAtFabrics(
  { fibreChannelTree: tree }: AttachedParts,
  { fibreChannel = [], luns = [] }: VmDefinition,
): Promise<AttachedFacts["fibreChannel"]> {
  if (fibreChannel.length === 0) return {};
  const ports = await fibreChannelPorts(tree);
  const facts = fibreChannel.map(async ({ name, fabric }) => {
    const usable = ports.filter(
      (port) => port.fabric === fabric && port.online && port.freeVirtualPorts > 0,
    );
    const seen = await Promise.all(usable.map(({ number }) => remotePorts(tree, number)));
    const targets = luns.flatMap(({ source }) =>
      source.kind === "fibre-channel" && source.adapter === name ? [source.target] : [],
    );
    const unseen = [...new Set(targets)].filter((target) => !seen.some((some) => some.has(target)));
    return [name, { usablePorts: usable.length, unseen }] as const;
  });
  return Object.fromEntries(await Promise.all(facts));
}

async function lookAtFolders(
  { pools }: AttachedParts,
  { sharedFolders = [] }: VmDefinition,
): Promise<AttachedFacts["folders"]> {
  const facts = sharedFolders.map(async ({ name, pool, directory }) => {
    const error = await pools.directoryOf({ pool, file: directory }).then(
      () => null,
      (problem: unknown) => errorChain(problem).slice(0, 1000),
    );
    return [name, error] as const;
  });
  return Object.fromEntries(await Promise.all(facts));
}

/** Of the VM's own process here; one that is coming or gone has none. */
async function ownBlockers({ vms }: AttachedParts, { id }: VmDefinition): Promise<string[]> {
  const process = vms.find(id)?.ownership === "owner" ? vms.process(id) : undefined;
  if (process === undefined) return [];
  const blockers = await queryBlockers(process.qmp).catch(() => []);
  return blockers.map((reason) => reason.slice(0, 1000));
}
