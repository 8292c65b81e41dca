/**
 * Moves a VM's disks to other pools of its host, while it runs or stopped. One disk after the other: copied, mirrored, then
 * the guest's device changes over to the new one and the old one is deleted. What fails or is interrupted leaves each disk
 * whole in one place (storage-moves.ts says in which).
 */
import { stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import { invariant } from "../base/invariant.ts";
import { addDiskNode, findDiskNode, removeDiskNode, successorNode } from "../qemu/disk-nodes.ts";
import {
  clearMirrors,
  makeSynchronous,
  mirrorFailed,
  pivotMirror,
  queryMirrors,
  startMirror,
} from "../qemu/mirror.ts";
import type { Qmp } from "../qemu/qmp.ts";
import { createImage, importImage } from "../storage/images.ts";
import type { DiskDefinition, VmDefinition } from "./definition.ts";
import type { LocalVm } from "./local-vm.ts";
import { removeDisks } from "./moved-disks.ts";
import { takeOverDisks } from "./reserve.ts";
import { imageTool } from "./resolve.ts";
import { StorageMoveFollowed } from "./storage-move-followed.ts";
import { type StorageMove, StorageMoves } from "./storage-moves.ts";
import type { VmTable } from "./vm-table.ts";

export interface StorageChoice {
  /** For all disks. */
  readonly pool?: string;
  /** By disk, before `pool`. */
  readonly pools?: Readonly<Record<string, string>>;
}

type Wanted = Omit<StorageMove, "phase" | "node">;

interface PlacedDisk extends Wanted {
  /** Paths. */
  readonly from: string;
  readonly to: string;
  /** What its file takes. */
  readonly bytes: number;
}

const job = "storage";
const pollMs = 200;
/** The last bytes of a mirror that is synchronous, and QEMU's own bookkeeping. */
const pivotTimeoutMs = 30_000;

/**
 * `begun` is called when nothing more stands in the way: there is room for all, and no file of their names. The end is for
 * the caller to note in `vm.storageMove`.
 * @throws FerryError `not-found`, `already-exists`, `no-space`, `bad-input`; disks moved before it stay moved.
 */
export async function moveStorage(
  table: VmTable,
  vm: LocalVm,
  choice: StorageChoice,
  begun: () => void,
): Promise<void> {
  const { reservations } = table.parts.pools;
  const disks = await placed(table, vm, wantedMoves(vm.row.definition, choice));
  await reservations.reserve(disks.map(({ to, bytes }) => ({ path: to, bytes })));
  const followed = new StorageMoveFollowed(
    vm.name,
    disks.map(({ disk, pool, targetPool, bytes }) => {
      return { name: disk, pool, targetPool, totalBytes: bytes };
    }),
    () => table.refresh(vm),
  );
  vm.storageMove = followed;
  begun();
  try {
    for (const disk of disks) await moveDisk(table, vm, disk, followed);
  } finally {
    reservations.release(disks.map(({ to }) => to));
  }
}

/** Where each is, where it goes and what it takes. */
async function placed(
  { parts: { pools } }: VmTable,
  vm: LocalVm,
  wanted: readonly Wanted[],
): Promise<PlacedDisk[]> {
  for (const { targetPool } of wanted) pools.get(targetPool);
  const disks = await Promise.all(
    wanted.map(async (move) => {
      const { file } = diskOf(vm, move.disk);
      const from = await pools.pathOf({ pool: move.pool, file });
      const to = await pools.pathForNew({ pool: move.targetPool, file });
      return { ...move, from, to, bytes: (await stat(from)).blocks * 512 };
    }),
  );
  const twin = disks.find(({ to }, index) => disks.findIndex((other) => other.to === to) < index);
  if (twin === undefined) return disks;
  throw new FerryError(
    "already-exists",
    `Cannot move the disks of VM "${vm.name}": two of them would be "${twin.to}"`,
    { remedy: "Name different pools for them: --pool DISK=POOL" },
  );
}

/** Ends what a former agent left half-done: each disk is whole in one place then. */
export async function settleStorageMoves(table: VmTable, vm: LocalVm): Promise<void> {
  for (const move of new StorageMoves(table.parts.database).of(vm.id)) {
    await settle(table, vm, move);
  }
}

function wantedMoves(
  { id, name, disks }: VmDefinition,
  { pool, pools = {} }: StorageChoice,
): Wanted[] {
  const unknown = Object.keys(pools).find((disk) => !disks.some((other) => other.name === disk));
  if (unknown !== undefined) {
    throw new FerryError("not-found", `Cannot move disk "${unknown}": VM "${name}" has none`, {
      remedy: `Choose of ${disks.map((disk) => disk.name).join(", ")}`,
    });
  }
  const moves = disks.flatMap((disk) => {
    const targetPool = pools[disk.name] ?? pool ?? disk.pool;
    return targetPool === disk.pool
      ? []
      : [{ vm: id, disk: disk.name, pool: disk.pool, targetPool }];
  });
  if (moves.length > 0) return moves;
  throw new FerryError(
    "bad-input",
    `Cannot move the disks of VM "${name}": they are there already`,
    {
      remedy: "Name a pool in which they are not",
    },
  );
}

async function moveDisk(
  table: VmTable,
  vm: LocalVm,
  { from, to, bytes, ...wanted }: PlacedDisk,
  followed: StorageMoveFollowed,
): Promise<void> {
  followed.signal.throwIfAborted();
  const moves = new StorageMoves(table.parts.database);
  const node = await nextNode(vm, wanted.disk);
  const move: StorageMove = { ...wanted, node, phase: "copying" };
  moves.begin(move);
  followed.copying(move.disk);
  try {
    if (vm.process === undefined) await copyStopped(table, vm, move, { from, to, bytes }, followed);
    else await copyRunning(table, vm, move, vm.process.qmp, to, followed);
  } finally {
    // What is true now decides, not where the failure came from: QEMU may have changed over all the same.
    await settleStorageMoves(table, vm);
  }
  followed.moved(move.disk);
}

async function copyStopped(
  { parts }: VmTable,
  vm: LocalVm,
  move: StorageMove,
  { from, to, bytes }: Pick<PlacedDisk, "from" | "to" | "bytes">,
  followed: StorageMoveFollowed,
): Promise<void> {
  const { format } = diskOf(vm, move.disk);
  const look = async (): Promise<void> => {
    const status = await stat(to).catch(() => undefined);
    followed.copied(move.disk, (status?.blocks ?? 0) * 512, bytes, false);
  };
  const looks = setInterval(() => void look(), pollMs);
  try {
    // Its backing was found to be in pools when it was last used.
    await importImage(await imageTool(parts), from, to, format, {
      withBacking: true,
      signal: followed.signal,
    });
  } finally {
    clearInterval(looks);
  }
  new StorageMoves(parts.database).enter(move, "pivoting");
}

async function copyRunning(
  { parts }: VmTable,
  vm: LocalVm,
  move: StorageMove,
  qmp: Qmp,
  to: string,
  followed: StorageMoveFollowed,
): Promise<void> {
  const disk = diskOf(vm, move.disk);
  const { node, virtualBytes } = await findDiskNode(qmp, disk.name);
  const target = successorNode(node);
  await createImage(await imageTool(parts), to, disk.format, virtualBytes);
  await addDiskNode(qmp, disk, target, to);
  const withBacking = disk.backing !== undefined;
  await startMirror(qmp, {
    id: job,
    node,
    to: target,
    inFlightBytes: 16 * 1024 * 1024,
    withBacking,
  });
  await untilSynchronous(qmp, move.disk, followed);
  new StorageMoves(parts.database).enter(move, "pivoting");
  await pivotMirror(qmp, job, pivotTimeoutMs);
}

async function untilSynchronous(
  qmp: Qmp,
  disk: string,
  followed: StorageMoveFollowed,
): Promise<void> {
  for (;;) {
    followed.signal.throwIfAborted();
    const [mirror] = await queryMirrors(qmp);
    if (mirror === undefined) throw mirrorFailed("the copy ended early");
    followed.copied(disk, mirror.copiedBytes, mirror.totalBytes, mirror.ready);
    if (mirror.ready && !mirror.synchronous) await makeSynchronous(qmp, job);
    if (mirror.synchronous) return;
    // A cancel need not wait for the next look.
    await delay(pollMs, undefined, { signal: followed.signal }).catch(() => {});
  }
}

async function nextNode({ process }: LocalVm, disk: string): Promise<string | null> {
  if (process === undefined) return null;
  return successorNode((await findDiskNode(process.qmp, disk)).node);
}

async function settle(table: VmTable, vm: LocalVm, move: StorageMove): Promise<void> {
  const qmp = vm.process?.qmp;
  if (qmp === undefined) {
    return move.phase === "pivoting" ? finish(table, vm, move) : takeBack(table, vm, move);
  }
  const { node } = await findDiskNode(qmp, move.disk);
  if (node === move.node) {
    await removeDiskNode(qmp, successorNode(node));
    return finish(table, vm, move);
  }
  // Before the mirror ends: from then on the new file falls behind.
  new StorageMoves(table.parts.database).enter(move, "copying");
  await clearMirrors(qmp, pivotTimeoutMs);
  if (move.node !== null) await removeDiskNode(qmp, move.node);
  return takeBack(table, vm, move);
}

/** The new file is the disk. */
async function finish(table: VmTable, vm: LocalVm, move: StorageMove): Promise<void> {
  const { parts, registry } = table;
  const { definition, generation } = vm.row;
  // The copy stands on nothing.
  const disks = definition.disks.map(({ backing, ...disk }) => ({
    ...disk,
    ...(disk.name === move.disk ? { pool: move.targetPool } : backing && { backing }),
  }));
  const { file } = diskOf(vm, move.disk);
  registry.replaceDefinition({ ...definition, disks });
  table.refresh(vm);
  if (vm.process !== undefined) await takeOverDisks(parts, vm.row.definition, generation);
  await removeDisks(parts, [{ pool: move.pool, file }]);
  new StorageMoves(parts.database).end(move);
}

/** The old file is the disk, as ever. */
async function takeBack({ parts }: VmTable, vm: LocalVm, move: StorageMove): Promise<void> {
  const { file } = diskOf(vm, move.disk);
  await removeDisks(parts, [{ pool: move.targetPool, file }]);
  new StorageMoves(parts.database).end(move);
}

function diskOf({ row }: LocalVm, name: string): DiskDefinition {
  const disk = row.definition.disks.find((candidate) => candidate.name === name);
  invariant(disk !== undefined, `VM ${row.definition.id} has disk ${name}`);
  return disk;
}
