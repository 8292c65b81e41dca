/** Target: the guest runs here before all of its memory is; what it touches and misses comes from the source. */
import { setTimeout as wait } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import { type MemoryStatus, migrationFailed, queryMemory, runState } from "../qemu/migration.ts";
import { recoverIncoming } from "../qemu/post-copy.ts";
import type { Qmp } from "../qemu/qmp.ts";
import type { UrgentMonitor } from "../qemu/urgent-monitor.ts";
import type { Session } from "../session/session.ts";
import { freshSocket } from "./carry-socket.ts";
import type { SessionRequest } from "./peer-link.ts";
import type { RunningMigrations } from "./running.ts";

/** The guest stands still meanwhile. */
const loadPollMs = 5;
const pollMs = 200;
/** For QEMU to notice that the old session's socket is closed. */
const pauseMs = 10_000;

/** Returns when the guest's devices are loaded and its CPUs could run. @throws FerryError `qemu-failed`, `timeout`. */
export async function devicesLoaded(
  qmp: Qmp,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const { status, error } = await queryMemory(qmp);
    // No event says so: QEMU leaves `inmigrate` when it has been told that the guest may run.
    if (status === "postcopy-active" && (await runState(qmp)) === "paused") return;
    if (status !== "active" && status !== "postcopy-active") throw migrationFailed(error, status);
    if (performance.now() > deadline) throw late(timeoutMs);
    await wait(loadPollMs);
  }
}

/** Returns when every page is here. @throws FerryError when QEMU has ended, or the reason of `stopping`. */
export async function pagesArrived(qmp: Qmp, stopping: AbortSignal): Promise<void> {
  for (;;) {
    stopping.throwIfAborted();
    const memory = await patientQuery(qmp);
    if (memory?.status === "completed") return;
    if (memory?.status === "failed") throw migrationFailed(memory.error, memory.status);
    await wait(pollMs, undefined, { signal: stopping });
  }
}

/** Undefined while QEMU does not answer: a busy host is no reason to give up a guest whose memory is in two places. */
export async function patientQuery(qmp: Qmp): Promise<MemoryStatus | undefined> {
  try {
    return await queryMemory(qmp);
  } catch (error) {
    if (error instanceof FerryError && error.code === "timeout") return undefined;
    throw error;
  }
}

/**
 * The source has opened a new session for a post-copy whose old one ended: both QEMUs are brought together in it.
 * @throws FerryError `peer-refused`, `conflict` when no guest here misses pages of that migration.
 */
export async function takeUpPostCopy(
  migrations: RunningMigrations,
  request: SessionRequest,
  peer: string,
  session: Session,
): Promise<void> {
  const { migrationId: id, vmId, vmName, generation } = request;
  const { vms, limits } = migrations.parts;
  const first = migrations.journal.of(id)[0]?.record;
  const isTheirs = first?.kind === "accepted" && first.peer === peer && first.vm === vmId;
  const vm = vms.find(vmId);
  // It may not be adopted yet: it answers when it has what this brings.
  const monitor = vms.urgentMonitor(vmId);
  const isOurs = vm?.ownership === "owner" && vm.generation === generation + 1;
  if (!isTheirs || !isOurs || monitor === undefined) throw misses(vmName, id);
  session.on("closed", () => void session.close()); // its worker thread ends only by this
  await session.receive("receive", { timeoutMs: limits.setupTimeoutMs });
  await migrations.replaceSession(id, session);
  const socket = await freshSocket(monitor.directory, "migration-in.sock");
  await recoverWhenPaused(monitor, socket);
  await session.carryConnecting("memory", socket);
  session.send({ type: "receiving" });
  migrations.parts.log.info({ migration: id, vm: vmName }, "post-copy goes on");
}

async function recoverWhenPaused(monitor: UrgentMonitor, socket: string): Promise<void> {
  const deadline = performance.now() + pauseMs;
  for (;;) {
    try {
      return await recoverIncoming(monitor, socket);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await wait(pollMs);
    }
  }
}

function late(timeoutMs: number): FerryError {
  return new FerryError(
    "timeout",
    `Cannot finish the switch-over: the target's QEMU loaded nothing for ${timeoutMs} ms`,
    { remedy: "Check the load of the target host and the migration network, then move again" },
  );
}

function misses(vm: string, migration: string): FerryError {
  return new FerryError(
    "conflict",
    `Cannot go on with migration "${migration}": VM "${vm}" misses no pages of it here`,
    { remedy: "See where the VM is: ferry vm list" },
  );
}
