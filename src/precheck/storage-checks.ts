/** Checks about pools and the files in them: there, the same bytes on both hosts, writable by both. */
import type { VmDefinition } from "../vm/definition.ts";
import type { Check, CheckInput, Trouble } from "./check.ts";
import { movingDisks } from "./place-disks.ts";
import { movingFiles } from "./place-files.ts";
import { sameBytes } from "./same-bytes.ts";

/** Every file of a VM that lies in a pool, with whether the guest writes to it. */
export function filesOf(
  definition: VmDefinition,
): { pool: string; file: string; writes: boolean }[] {
  const files = definition.disks.map(({ pool, file, readOnly }) => ({
    pool,
    file,
    writes: !readOnly,
  }));
  const read = [
    ...definition.cdroms.map((cdrom) => cdrom.medium),
    definition.kernelBoot?.kernel ?? null,
    definition.kernelBoot?.initrd ?? null,
  ].filter((file) => file !== null);
  const beneath = definition.disks.flatMap(({ backing = [] }) => backing);
  return [
    ...files,
    ...[...beneath, ...read].map(({ pool, file }) => ({ pool, file, writes: false })),
  ];
}

/** Those with a file of the VM, or a folder that its guest shares. */
export function poolsOf(definition: VmDefinition): string[] {
  const parts = [...filesOf(definition), ...(definition.sharedFolders ?? [])];
  return [...new Set(parts.map(({ pool }) => pool))];
}

export const storageChecks: readonly Check[] = [
  {
    id: "pool-present",
    title: "The target has every pool the VM uses",
    compares: "The pools of files that stay in place against the target's pools",
    severity: "blocking",
    remedy:
      "Create the pool on the target with the directory that the source uses: ferry pool create NAME DIRECTORY",
    look(input) {
      const { definition, target } = input;
      const pools = new Set(filesThatStay(input).map(({ pool }) => pool));
      return poolsOf(definition)
        .filter((pool) => pools.has(pool) && (target.pools[pool] ?? null) === null)
        .map((pool) =>
          blocking(
            `"${target.host}" has no pool "${pool}", or cannot reach its directory`,
            `On "${target.host}": ferry pool create ${pool} DIRECTORY, the one the source uses`,
          ),
        );
    },
  },
  {
    id: "pool-writable",
    title: "Both hosts may write where the guest writes",
    compares: "Whether each host can write a file to every pool that the guest writes to",
    severity: "blocking",
    remedy: "Give the agent and QEMU's user the right to write there",
    look(input) {
      const { definition, source, target } = input;
      const moving = movingDisks(input).map(({ disk }) => disk);
      const shared = definition.disks.filter((disk) => !disk.readOnly && !moving.includes(disk));
      const pools = new Set(shared.map((disk) => disk.pool));
      return [...pools].flatMap((pool) =>
        (["source", "target"] as const).flatMap((on): Trouble[] => {
          const facts = on === "source" ? source : target;
          const error = facts.pools[pool]?.writeError ?? null;
          if (error === null) return [];
          return [
            {
              on,
              severity: "blocking",
              message: `"${facts.host}" cannot write to pool "${pool}": ${error}`,
              remedy: `Give the agent and QEMU's user on "${facts.host}" the right to write there`,
            },
          ];
        }),
      );
    },
  },
  {
    id: "files-present",
    title: "The target sees every file the VM uses",
    compares: "Every file of the VM that stays in place against what the target sees",
    severity: "blocking",
    remedy: "Copy the file into the target's pool, use a shared pool, or eject the medium",
    look(input) {
      const { target } = input;
      const needed = filesThatStay(input);
      return Object.entries(target.pools).flatMap(([pool, facts]) =>
        (facts?.missing ?? [])
          .filter((file) => needed.some((other) => other.pool === pool && other.file === file))
          .map((file) =>
            blocking(
              `"${target.host}" does not see "${file}" in pool "${pool}"`,
              "Copy the file into the target's pool, use a shared pool, or take a medium out: --eject",
            ),
          ),
      );
    },
  },
  {
    id: "base-reached",
    title: "What a disk in a shared pool stands on is shared too",
    compares: "Whether the pools of what a disk in a shared pool stands on are shared",
    severity: "blocking",
    remedy:
      "Have the disk copied with what it stands on: --target-pool, or make it whole: ferry vm move-storage",
    look(input) {
      const { definition, target } = input;
      const moving = movingDisks(input).map(({ disk }) => disk);
      return definition.disks
        .filter((disk) => !moving.includes(disk))
        .flatMap(({ name, backing = [] }) =>
          backing
            .filter(({ pool }) => !sameBytes(input, pool))
            .map(({ pool, file }) =>
              blocking(
                `Disk "${name}" stands on "${file}" in pool "${pool}", whose bytes "${target.host}" does not reach`,
                `Have the disk copied, with what it stands on: --target-pool ${name}=POOL with another pool, or make it whole: ferry vm move-storage`,
              ),
            ),
        );
    },
  },
  {
    id: "cache-mode",
    title: "Disks bypass the host's page cache",
    compares: "The cache modes of disks that two hosts share",
    severity: "blocking",
    remedy: "Set the disk's cache to none and restart the VM",
    look(input) {
      const { definition, source } = input;
      const moving = movingDisks(input).map(({ disk }) => disk);
      return definition.disks
        .filter((disk) => disk.cache !== "none" && !disk.readOnly && !moving.includes(disk))
        .map((disk) => ({
          on: "source" as const,
          severity: "blocking" as const,
          message: `Disk "${disk.name}" uses cache mode "${disk.cache}" on "${source.host}": two hosts would not see the same bytes`,
          remedy: `Set its cache to "none" and restart the VM: ferry vm export ${definition.name}, then ferry vm apply`,
        }));
    },
  },
];

/** Files that the target must find where they are: all but those that move along. */
function filesThatStay(input: CheckInput): { pool: string; file: string }[] {
  const disks = movingDisks(input).map(({ disk }) => disk);
  // What they stand on is looked for where they go (place-backing.ts).
  const beneath = disks.flatMap(({ backing = [] }) => backing);
  const moving = [...disks, ...beneath, ...movingFiles(input)];
  return filesOf(input.definition).filter(
    ({ pool, file }) => !moving.some((other) => other.pool === pool && other.file === file),
  );
}

function blocking(message: string, remedy: string): Trouble {
  return { on: "target", severity: "blocking", message, remedy };
}
