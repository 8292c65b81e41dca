/** The part of QMP that lets a guest go on at the target before all of its memory is there. */
import type { Qmp } from "./qmp.ts";
import type { UrgentMonitor } from "./urgent-monitor.ts";

/**
 * QEMU stops the guest at its next look, sends its devices, and from then on what the target asks for.
 * `bytesPerSecond`: see `setPostCopyBandwidth`; without it the rest would fill the link before the first request comes.
 */
export async function startPostCopy(qmp: Qmp, bytesPerSecond: number): Promise<void> {
  await setPostCopyBandwidth(qmp, bytesPerSecond);
  await qmp.execute("migrate-start-postcopy");
}

/** What QEMU sends without being asked, bytes per second; pages that the target asks for go at once. */
export async function setPostCopyBandwidth(qmp: Qmp, bytesPerSecond: number): Promise<void> {
  await qmp.execute("migrate-set-parameters", { "max-postcopy-bandwidth": bytesPerSecond });
}

/** Takes a paused post-copy up again, on a new socket; the target's must be waiting for it (`recoverIncoming`). */
export async function resumeOutgoing(qmp: Qmp, socketPath: string): Promise<void> {
  await qmp.execute("migrate", { uri: `unix:${socketPath}`, resume: true });
}

/**
 * The target of a paused post-copy listens on `socketPath` when this returns. Its monitor may stand still as long as pages are
 * missing: the urgent one does not.
 * @throws FerryError `qemu-failed` while QEMU has not noticed that its old socket is closed.
 */
export async function recoverIncoming(
  monitor: Pick<Qmp, "execute"> | UrgentMonitor,
  socketPath: string,
): Promise<void> {
  await monitor.execute("migrate-recover", { uri: `unix:${socketPath}` });
}
