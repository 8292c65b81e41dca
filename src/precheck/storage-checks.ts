/** Checks about pools and the files in them: there, the same bytes on both hosts, writable by both. */
import type { VmDefinition } from "../vm/definition.ts";
import type { Check, CheckInput, Trouble } from "./check.ts";

/** What the target adds to a proof it reads; the source finds it there if both reach the same bytes. */
export function proofAnswer(host: string): string {
  return `answered by ${host}`;
}

/** Every file of a VM that lies in a pool, with whether the guest writes to it. */
export function filesOf(definition: VmDefinition): { pool: string; file: string; writes: boolean }[] {
  const files = definition.disks.map(({ pool, file, readOnly }) => ({ pool, file, writes: !readOnly }));
  const read = [
    ...definition.cdroms.map((cdrom) => cdrom.medium),
    definition.kernelBoot?.kernel ?? null,
    definition.kernelBoot?.initrd ?? null,
  ].filter((file) => file !== null);
  return [...files, ...read.map(({ pool, file }) => ({ pool, file, writes: false }))];
}

export function poolsOf(definition: VmDefinition): string[] {
  return [...new Set(filesOf(definition).map((file) => file.pool))];
}

export const storageChecks: readonly Check[] = [
  {
    id: "pool-present",
    title: "The target has every pool the VM uses",
    look({ definition, target }) {
      return poolsOf(definition)
        .filter((pool) => (target.pools[pool] ?? null) === null)
        .map((pool) =>
          blocking(
            `"${target.host}" has no pool "${pool}", or cannot reach its directory`,
            `On "${target.host}": ferry pool create ${pool} --path DIRECTORY, the one the source uses`,
          ),
        );
    },
  },
  {
    id: "pool-shared",
    title: "Pools with the VM's disks are the same bytes on both hosts",
    look(input) {
      const { definition, source, target } = input;
      const pools = new Set(definition.disks.map((disk) => disk.pool));
      return [...pools].flatMap((pool) => {
        const there = target.pools[pool] ?? null;
        if (there === null || sameBytes(input, pool)) return [];
        const ids = `${source.pools[pool]?.id ?? "?"} and ${there.id}`;
        return [
          blocking(
            `Pool "${pool}" is not the same directory on "${source.host}" and "${target.host}" (ids ${ids})`,
            "Mount the same share at the pool's path on both hosts",
          ),
        ];
      });
    },
  },
  {
    id: "pool-writable",
    title: "Both hosts may write where the guest writes",
    look({ definition, source, target }) {
      const pools = new Set(definition.disks.filter((disk) => !disk.readOnly).map((disk) => disk.pool));
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
    look({ target }) {
      return Object.entries(target.pools).flatMap(([pool, facts]) =>
        (facts?.missing ?? []).map((file) =>
          blocking(
            `"${target.host}" does not see "${file}" in pool "${pool}"`,
            "Copy the file into the target's pool, use a shared pool, or eject the medium",
          ),
        ),
      );
    },
  },
  {
    id: "cache-mode",
    title: "Disks bypass the host's page cache",
    look({ definition, source }) {
      return definition.disks
        .filter((disk) => disk.cache !== "none" && !disk.readOnly)
        .map((disk) => ({
          on: "source" as const,
          severity: "blocking" as const,
          message: `Disk "${disk.name}" uses cache mode "${disk.cache}" on "${source.host}": two hosts would not see the same bytes`,
          remedy: `Set its cache to "none" and restart the VM: ferry vm export ${definition.name}, then ferry vm apply`,
        }));
    },
  },
];

function sameBytes({ source, target, answers }: CheckInput, pool: string): boolean {
  const here = source.pools[pool];
  const there = target.pools[pool];
  if (!here || !there || here.id !== there.id) return false;
  if (here.writeError !== null) return true; // nothing could be proved; pool-writable says why
  if (there.proof === null) return false;
  // A target that sees the file but may not write is pool-writable's finding, not ours.
  return there.writeError !== null || (answers[pool]?.includes(proofAnswer(target.host)) ?? false);
}

function blocking(message: string, remedy: string): Trouble {
  return { on: "target", severity: "blocking", message, remedy };
}
