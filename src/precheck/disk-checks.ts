/** Checks about disks that move with their VM: where they go there is room, and nothing of them gets lost. */
import { formatBytes } from "../base/format.ts";
import type { Check, CheckInput, Trouble } from "./check.ts";
import { type MovingDisk, movingDisks } from "./place-disks.ts";
import { placeBacking, wantedBytes } from "./place-backing.ts";
import { movingFiles, placeFiles } from "./place-files.ts";

export const diskChecks: readonly Check[] = [
  {
    id: "disks-move",
    title: "Disks that the target does not reach may be copied",
    compares: "Disks in pools that the target does not reach against the consent to copy them",
    severity: "warning",
    remedy: "Move with --with-storage, or mount the pool's share on both hosts",
    look(input) {
      const { definition, options, source, target } = input;
      if (options.withStorage === true) return [];
      return movingDisks(input).map(({ disk, targetPool }) => ({
        on: "target",
        severity: "warning",
        message:
          `"${target.host}" does not reach disk "${disk.name}" in pool "${disk.pool}" of "${source.host}": ` +
          `${formatBytes(wantedBytes(input, disk, targetPool))} would be copied to pool "${targetPool ?? "?"}"`,
        remedy:
          `Move "${definition.name}" with --with-storage, or mount the pool's share on both hosts ` +
          "if it is meant to be one",
      }));
    },
  },
  {
    id: "files-move",
    title: "Kernels and media that the target does not reach may be copied",
    compares:
      "Kernels and media of pools that the target does not reach, when copying was not asked for",
    severity: "warning",
    remedy:
      "Move with --with-storage to have them copied, take a medium out with --eject, or put the files there",
    look(input) {
      const { definition, options, source, target } = input;
      if (options.withStorage === true) return [];
      return placeFiles(input).flatMap(({ pool, file, targetPool, bytes, copy }) => {
        if (!copy) return [];
        const isMedium = definition.cdroms.some(
          ({ medium }) => medium?.pool === pool && medium.file === file,
        );
        return [
          {
            on: "target" as const,
            severity: "warning" as const,
            message:
              `"${target.host}" does not reach ${isMedium ? "medium" : "file"} "${file}" in pool "${pool}" of ` +
              `"${source.host}": ${formatBytes(bytes)} would be copied to pool "${targetPool}"`,
            remedy: isMedium
              ? `Move "${definition.name}" with --eject, or with --with-storage to have it copied`
              : `Move "${definition.name}" with --with-storage, or put the file there`,
          },
        ];
      });
    },
  },
  {
    id: "disk-place",
    title: "The target has a pool for every disk that moves",
    compares: "The disks that move against the target's pools",
    severity: "blocking",
    remedy: "Create a pool on the target, or name one of its pools: --target-pool POOL",
    look(input) {
      const { target } = input;
      const pools = Object.keys(target.storage);
      return movingDisks(input).flatMap(({ disk, targetPool }) => {
        if (targetPool !== null && target.storage[targetPool] !== undefined) return [];
        const wanted = targetPool ?? disk.pool;
        return [
          blocking(
            `"${target.host}" has no pool "${wanted}", or does not reach it, for disk "${disk.name}"; ` +
              (pools.length === 0 ? "it has none at all" : `it has ${pools.join(", ")}`),
            pools.length === 0
              ? `On "${target.host}": ferry pool create NAME DIRECTORY`
              : "Name one of its pools: --target-pool POOL",
          ),
        ];
      });
    },
  },
  {
    id: "file-place",
    title: "Kernels and media are there, or have a place to be copied to",
    compares:
      "Kernels and media that the target does not reach against its pools and the files in them",
    severity: "blocking",
    remedy: "Create a pool on the target, or rename the file that is in the way",
    look(input) {
      const { target } = input;
      return movingFiles(input).flatMap(({ pool, file, targetPool, bytes, presentBytes }) => {
        if (targetPool === null || target.storage[targetPool] === undefined) {
          return [
            blocking(
              `"${target.host}" has no pool "${targetPool ?? pool}" for file "${file}"`,
              `On "${target.host}": ferry pool create ${pool} DIRECTORY, or name one of its pools: --target-pool`,
            ),
          ];
        }
        if (presentBytes === undefined || presentBytes === bytes) return [];
        return [
          blocking(
            `File "${file}" in pool "${targetPool}" of "${target.host}" has ${presentBytes} bytes, the VM's has ${bytes}`,
            "Rename one of the two, or put the same file there",
          ),
        ];
      });
    },
  },
  {
    id: "disk-base",
    title: "What a disk stands on is on the target, or is copied into it",
    compares:
      "The images that moving disks stand on against those of the target's pool, by name and size",
    severity: "warning",
    remedy: "To copy only what the disk changed, put the same image into the target's pool first",
    look(input) {
      const { source, target } = input;
      return movingDisks(input).flatMap(({ disk, targetPool }): Trouble[] => {
        const [base] = disk.backing ?? [];
        if (base === undefined || placeBacking(input, disk, targetPool) !== null) return [];
        const bytes = formatBytes(source.images[disk.name]?.backingBytes ?? 0);
        return [
          {
            on: "target",
            severity: "warning",
            message: `Disk "${disk.name}" stands on "${base.file}", which pool "${targetPool ?? "?"}" of "${target.host}" has not: its content, up to ${bytes}, is copied into the disk`,
            remedy: `To copy only what the disk changed, put the same file into pool "${targetPool ?? "?"}" of "${target.host}" first`,
          },
        ];
      });
    },
  },
  {
    id: "disk-name-free",
    title: "No file of a disk's name is in the way",
    compares: "The file names of disks that move against the files of the target's pools",
    severity: "blocking",
    remedy: "Remove or rename the file in the way, or name another pool: --target-pool",
    look(input) {
      const placed = placedDisks(input);
      return placed.flatMap(({ disk, targetPool }, index) => {
        const twin = placed
          .slice(0, index)
          .find((other) => other.disk.file === disk.file && other.targetPool === targetPool);
        if (twin !== undefined) {
          return [
            blocking(
              `Disks "${twin.disk.name}" and "${disk.name}" would both be "${disk.file}" in pool "${targetPool}"`,
              "Name different pools for them: --target-pool DISK=POOL",
            ),
          ];
        }
        if (input.target.storage[targetPool]?.files[disk.file] === undefined) return [];
        return [
          blocking(
            `Pool "${targetPool}" of "${input.target.host}" has a file "${disk.file}" already`,
            "Remove or rename that file, or name another pool: --target-pool",
          ),
        ];
      });
    },
  },
  {
    id: "disk-unused",
    title: "No other VM of the target has the disks",
    compares: "The images of the target's other VMs against the disks",
    severity: "blocking",
    remedy: "Delete the other VM and keep its disks, or name another pool: --target-pool",
    look(input) {
      const { definition, target } = input;
      const moving = placedDisks(input);
      const places = definition.disks.map((disk) => {
        const pool = moving.find((other) => other.disk === disk)?.targetPool ?? disk.pool;
        return { disk, pool };
      });
      return places.flatMap(({ disk, pool }) => {
        const user = target.usedImages?.find(
          (image) =>
            image.pool === pool && image.file === disk.file && !(image.isRead && disk.readOnly),
        );
        if (user === undefined) return [];
        return [
          blocking(
            `VM "${user.vm}" of "${target.host}" has "${disk.file}" of pool "${pool}" as its disk`,
            `Delete that VM and keep its disks, or have disk "${disk.name}" copied elsewhere: --target-pool ${disk.name}=POOL`,
          ),
        ];
      });
    },
  },
  {
    id: "disk-space",
    title: "The target's pools have room for the disks that move",
    compares: "What the disks and files that move take against what is free in the target's pools",
    severity: "blocking",
    remedy: "Make room there, or name another pool: --target-pool",
    look(input) {
      const { target } = input;
      const wanted = new Map<string, number>();
      for (const { disk, targetPool } of placedDisks(input)) {
        const bytes = wantedBytes(input, disk, targetPool);
        wanted.set(targetPool, (wanted.get(targetPool) ?? 0) + bytes);
      }
      for (const { targetPool, bytes, copy } of placeFiles(input)) {
        if (copy) wanted.set(targetPool, (wanted.get(targetPool) ?? 0) + bytes);
      }
      return [...wanted].flatMap(([pool, bytes]) => {
        const free = target.storage[pool]?.freeBytes ?? 0;
        if (bytes <= free) return [];
        return [
          blocking(
            `Pool "${pool}" of "${target.host}" has ${formatBytes(free)} free, the disks take ${formatBytes(bytes)}`,
            "Make room there, or name another pool: --target-pool",
          ),
        ];
      });
    },
  },
  {
    id: "target-pool-writable",
    title: "The target may make files where the disks go",
    compares: "Whether the target can make files in the pools that the disks go to",
    severity: "blocking",
    remedy: "Mount the pool writable, and give the agent the right to write there",
    look(input) {
      const { target } = input;
      const pools = new Set(placedDisks(input).map(({ targetPool }) => targetPool));
      return [...pools].flatMap((pool) => {
        const error = target.storage[pool]?.writeError ?? null;
        if (error === null) return [];
        return [
          blocking(
            `"${target.host}" cannot write to pool "${pool}": ${error}`,
            `Mount it writable, and give the agent on "${target.host}" the right to write there`,
          ),
        ];
      });
    },
  },
  {
    id: "disk-snapshots",
    title: "Disks that move hold no snapshots inside",
    compares: "Snapshots inside the images of disks that move",
    severity: "blocking",
    remedy: "Stop the VM, remove them with qemu-img snapshot -d, and start it again",
    look(input) {
      const { source } = input;
      return movingDisks(input).flatMap(({ disk }): Trouble[] => {
        const count = source.images[disk.name]?.snapshots ?? 0;
        if (count === 0) return [];
        return [
          {
            on: "source",
            severity: "blocking",
            message: `Disk "${disk.name}" holds ${count} snapshot${count === 1 ? "" : "s"} inside its image, which copying a running disk would lose`,
            remedy: `Stop the VM, remove them with qemu-img snapshot -d NAME ${disk.file}, and start it again`,
          },
        ];
      });
    },
  },
];

function placedDisks(input: CheckInput): (MovingDisk & { readonly targetPool: string })[] {
  return movingDisks(input).flatMap(({ disk, targetPool }) =>
    targetPool === null || input.target.storage[targetPool] === undefined
      ? []
      : [{ disk, targetPool }],
  );
}

function blocking(message: string, remedy: string): Trouble {
  return { on: "target", severity: "blocking", message, remedy };
}
