/**
 * A mirror job of QEMU: copies a disk to another node and then keeps both equal. Once it is ready every write of the
 * guest is acknowledged only when both have it (`write-blocking`). QEMU from 8.2 on can begin by letting writes through
 * and catching up with them (`background`), and change over when it is ready; 7.2 mirrors every write from the start.
 */
import { FerryError } from "../base/errors.ts";
import type { Qmp, QmpEvent } from "./qmp.ts";

export interface MirrorRequest {
  /** Names the job and must be unique in its QEMU; also the NBD client's node. At most 31 characters. */
  readonly id: string;
  /** The node the guest's device uses. */
  readonly node: string;
  /** The node that becomes its equal. */
  readonly to: string;
  /** How much may be on its way at once. */
  readonly inFlightBytes: number;
  /** Copies what the disk stands on too: the other disk stands on nothing. */
  readonly withBacking?: boolean;
}

export interface MirrorStatus {
  readonly id: string;
  /** Content written to the other disk, zeroes that were only declared included. */
  readonly copiedBytes: number;
  /** Grows with what the guest writes. */
  readonly totalBytes: number;
  /** The first copy is complete. */
  readonly ready: boolean;
  /** Every write of the guest goes to both disks. */
  readonly synchronous: boolean;
}

interface BlockJob {
  device: string;
  type: string;
  offset: number;
  len: number;
  ready: boolean;
  "actively-synced"?: boolean;
}

/** Connects QEMU as a client to an NBD export on a unix socket, as node `id`. */
export async function addExportNode(
  qmp: Qmp,
  id: string,
  socketPath: string,
  exportName: string,
): Promise<void> {
  await qmp.execute("blockdev-add", {
    driver: "nbd",
    "node-name": id,
    server: { type: "unix", path: socketPath },
    export: exportName,
    // Zeroes are neither sent nor written: holes stay holes, and content that is zero becomes one.
    discard: "unmap",
    "detect-zeroes": "unmap",
    // The session survives broken links; what breaks this socket is the end of the session.
    "reconnect-delay": 0,
  });
}

export async function startMirror(qmp: Qmp, request: MirrorRequest): Promise<void> {
  await qmp.execute("blockdev-mirror", {
    "job-id": request.id,
    device: request.node,
    target: request.to,
    // For an image that is whole, or whose base the other disk stands on too, `top` copies all there is; what was never
    // written is not touched on the new disk, where `full` would first declare every byte of it zero.
    sync: request.withBacking === true ? "full" : "top",
    "copy-mode": (await changesMode(qmp)) ? "background" : "write-blocking",
    "buf-size": request.inFlightBytes,
    // A failing copy ends the job and is never the guest's business.
    "on-source-error": "report",
    "on-target-error": "report",
  });
}

/** From now on writes go to both at once. May be repeated; does nothing where they do from the start. */
export async function makeSynchronous(qmp: Qmp, id: string): Promise<void> {
  if (!(await changesMode(qmp))) return;
  await qmp.execute("block-job-change", { id, type: "mirror", "copy-mode": "write-blocking" });
}

/** The mirrors of this QEMU that are running; one that failed is not among them any more. */
export async function queryMirrors(qmp: Qmp): Promise<MirrorStatus[]> {
  const synchronousAlways = !(await changesMode(qmp));
  const jobs = await qmp.execute<BlockJob[]>("query-block-jobs");
  return jobs
    .filter(({ type }) => type === "mirror")
    .map((job) => ({
      id: job.device,
      copiedBytes: job.offset,
      totalBytes: job.len,
      ready: job.ready,
      synchronous: job.ready && (synchronousAlways || job["actively-synced"] === true),
    }));
}

/**
 * Ends a ready mirror without changing over to the other disk: both are equal as of now. The guest must stand still, or
 * they are equal no longer. Answers the bytes that were copied in all.
 * @throws FerryError `qemu-failed` when the last bytes could not be written.
 */
export async function completeMirror(qmp: Qmp, id: string, timeoutMs: number): Promise<number> {
  const over = jobOver(qmp, id, timeoutMs);
  over.catch(() => undefined); // the command below may fail first
  await qmp.execute("block-job-cancel", { device: id, force: false });
  return (await over).data["offset"] as number;
}

/** Ends a ready mirror with the guest's device on the other disk. @throws FerryError `qemu-failed`. */
export async function pivotMirror(qmp: Qmp, id: string, timeoutMs: number): Promise<void> {
  const over = jobOver(qmp, id, timeoutMs);
  over.catch(() => undefined); // the command below may fail first
  await qmp.execute("block-job-complete", { device: id });
  await over;
}

/**
 * Ends every mirror of this QEMU in whatever state and removes the nodes they wrote to; the guest's disks were never
 * anything but their own. A mirror whose NBD connection hangs ends only when that is closed. May be repeated.
 */
export async function clearMirrors(qmp: Qmp, timeoutMs: number): Promise<void> {
  for (const { id } of await queryMirrors(qmp)) {
    const over = jobOver(qmp, id, timeoutMs);
    over.catch(() => undefined); // a job that is ended by force may call that its failure
    await qmp.execute("block-job-cancel", { device: id, force: true }).catch(() => undefined);
    while ((await queryMirrors(qmp)).some((mirror) => mirror.id === id)) {
      await over.catch(unlessTimeout);
    }
  }
  const nodes = await qmp.execute<{ "node-name": string; drv: string }[]>(
    "query-named-block-nodes",
    { flat: true },
  );
  for (const { "node-name": node, drv } of nodes) {
    if (drv === "nbd") await removeNode(qmp, node);
  }
}

/** Removes a node that nothing uses any more. */
export async function removeNode(qmp: Qmp, node: string): Promise<void> {
  await qmp.execute("blockdev-del", { "node-name": node });
}

/** What an event says of the failure of one of the mirrors, in QEMU's words; undefined when it says nothing of it. */
export function mirrorFailure(event: QmpEvent): string | undefined {
  if (event.data["type"] !== "mirror") return undefined;
  if (event.event === "BLOCK_JOB_CANCELLED") return "it was cancelled";
  if (event.event !== "BLOCK_JOB_COMPLETED") return undefined;
  const error = event.data["error"];
  return typeof error === "string" ? error : undefined;
}

async function jobOver(qmp: Qmp, id: string, timeoutMs: number): Promise<QmpEvent> {
  const event = await qmp.waitFor(
    (candidate) =>
      (candidate.event === "BLOCK_JOB_COMPLETED" || candidate.event === "BLOCK_JOB_CANCELLED") &&
      candidate.data["device"] === id,
    { timeoutMs },
  );
  const failure = mirrorFailure(event);
  if (failure !== undefined) throw mirrorFailed(failure);
  return event;
}

export function mirrorFailed(why: string): FerryError {
  return new FerryError("qemu-failed", `Cannot keep a disk mirrored: QEMU says "${why}"`, {
    remedy: "See that the target's pool has room and its storage works, then move again",
  });
}

function unlessTimeout(error: unknown): void {
  if (error instanceof FerryError && error.code === "timeout") throw error;
}

/** Whether a mirror of this QEMU begins in the background, and not with every write of the guest going to both disks. */
export function changesMode(qmp: Qmp): Promise<boolean> {
  return qmp.has("block-job-change");
}
