/**
 * The part of QMP that moves memory and device state: what QEMU is asked, and what its answers mean. QEMU itself sees a unix
 * socket, `unix:PATH`, and who reads it is the session's business; or, over RDMA, the other QEMU, `rdma:ADDRESS:PORT`.
 */
import { FerryError } from "../base/errors.ts";
import { channelParameters } from "./channels.ts";
import type { Qmp, QmpEvent } from "./qmp.ts";

export interface OutgoingSettings {
  readonly blackoutLimitMs: number;
  /** Guest bytes per second; 0: no limit of QEMU's own. */
  readonly bandwidthBytesPerSecond: number;
  /** Whether QEMU waits with the guest stopped until `continueSwitchover`: time to make moving disks equal. */
  readonly pauses: boolean;
  /** Whether the guest may be slowed down later; QEMU wants to know before it starts. */
  readonly mayThrottle: boolean;
  /** Whether the guest may go on at the target before all of its memory is there; both QEMUs want to know. */
  readonly mayPostCopy: boolean;
  /** Whether QEMU, where it can, runs the guest on until the return path says that it may stop it. */
  readonly asksToSwitchOver: boolean;
  /** Connections besides its stream over which QEMU sends memory that it compresses itself (channels.ts); 0: none. */
  readonly channels: number;
  /** Of zstd, in them. */
  readonly channelLevel: number;
}

export type QemuMigrationStatus =
  | "none"
  | "setup"
  | "active"
  | "pre-switchover"
  | "device"
  | "completed"
  | "failed"
  | "cancelling"
  | "cancelled"
  | "postcopy-active"
  | "postcopy-paused"
  | "postcopy-recover"
  | "wait-unplug";

export interface MemoryStatus {
  readonly status: QemuMigrationStatus;
  readonly totalBytes: number;
  readonly transferredBytes: number;
  readonly remainingBytes: number;
  readonly dirtyBytesPerSecond: number;
  readonly rateBytesPerSecond: number;
  /** Guest memory that crosses, whatever it takes on the wire. */
  readonly guestBytesPerSecond: number;
  /** What was sent so far would be so much in a stream that nobody compressed. */
  readonly plainBytes: number;
  /** How often QEMU has collected modified pages: the number of the round under way. */
  readonly round: number;
  readonly expectedBlackoutMs: number | null;
  readonly downtimeMs: number | null;
  readonly throttlePercent: number;
  readonly error: string | null;
}

interface QueryMigrate {
  status?: QemuMigrationStatus;
  "expected-downtime"?: number;
  downtime?: number;
  "cpu-throttle-percentage"?: number;
  "error-desc"?: string;
  ram?: {
    total: number;
    transferred: number;
    remaining: number;
    mbps: number;
    normal?: number;
    duplicate?: number;
    "pages-per-second"?: number;
    "dirty-pages-rate": number;
    "dirty-sync-count": number;
    "page-size"?: number;
  };
}

/** A page of 4 KiB, and one of zeros, with what the stream says of each. */
const wholePageBytes = 4096 + 8;
const emptyPageBytes = 9;
/** QEMU takes 0 for "stop at once" in places; this is as good as no limit on any link. */
const unlimitedBytesPerSecond = 1024 ** 4;
/** Throttling that a guest does not notice: QEMU has no value for "off" once the capability is on. */
const throttleNone = 1;

const capability = (name: string, state: boolean): object => ({ capability: name, state });

/**
 * Returns whether QEMU asks before it stops the guest: only such a one may be told that it may, an older one takes the word for
 * the end of the return path.
 */
export async function prepareOutgoing(
  qmp: Qmp,
  settings: OutgoingSettings,
): Promise<{ readonly asks: boolean }> {
  const known = await qmp.execute<{ capability: string }[]>("query-migrate-capabilities");
  // Since 8.1.
  const canAsk = known.some((each) => each.capability === "switchover-ack");
  await qmp.execute("migrate-set-capabilities", {
    capabilities: [
      capability("events", true),
      capability("return-path", true),
      capability("auto-converge", settings.mayThrottle),
      capability("xbzrle", false),
      capability("multifd", settings.channels > 0),
      capability("pause-before-switchover", settings.pauses),
      capability("late-block-activate", false),
      capability("postcopy-ram", settings.mayPostCopy),
      // It stays on in a QEMU that an older agent placed memory for, and would keep memory out of the stream.
      capability("x-ignore-shared", false),
      ...(canAsk ? [capability("switchover-ack", settings.asksToSwitchOver)] : []),
    ],
  });
  await qmp.execute("migrate-set-parameters", {
    "downtime-limit": settings.blackoutLimitMs,
    "max-bandwidth": settings.bandwidthBytesPerSecond || unlimitedBytesPerSecond,
    ...(settings.mayThrottle ? throttle(throttleNone) : {}),
    ...channelParameters(settings.channels, settings.channelLevel),
  });
  return { asks: canAsk && settings.asksToSwitchOver };
}

export interface IncomingSettings {
  /** False over RDMA (src/migration/memory-over-rdma.ts). */
  readonly hasReturnPath: boolean;
  /** See `OutgoingSettings`; the same on both ends. */
  readonly mayPostCopy: boolean;
  readonly channels: number;
}

/** The target's skeleton listens there when this returns. */
export async function listenIncoming(
  qmp: Qmp,
  uri: string,
  { hasReturnPath, mayPostCopy, channels }: IncomingSettings,
): Promise<void> {
  await qmp.execute("migrate-set-capabilities", {
    capabilities: [
      capability("events", true),
      capability("return-path", hasReturnPath),
      capability("postcopy-ram", mayPostCopy),
      capability("multifd", channels > 0),
    ],
  });
  // QEMU would announce its MAC addresses when it has loaded, while the VM is still the source's.
  const parameters = { "announce-rounds": 0, ...channelParameters(channels) };
  await qmp.execute("migrate-set-parameters", parameters);
  await qmp.execute("migrate-incoming", { uri });
}

export async function startOutgoing(qmp: Qmp, uri: string): Promise<void> {
  await qmp.execute("migrate", { uri });
}

/** The guest stands still and QEMU waits (`pauses`): on to its last pages and its devices. */
export async function continueSwitchover(qmp: Qmp): Promise<void> {
  await qmp.execute("migrate-continue", { state: "pre-switchover" });
}

/** Guest bytes per second; 0: no limit of QEMU's own. */
export async function setOutgoingBandwidth(qmp: Qmp, bytesPerSecond: number): Promise<void> {
  await qmp.execute("migrate-set-parameters", {
    "max-bandwidth": bytesPerSecond || unlimitedBytesPerSecond,
  });
}

export async function setBlackoutLimit(qmp: Qmp, blackoutLimitMs: number): Promise<void> {
  await qmp.execute("migrate-set-parameters", { "downtime-limit": blackoutLimitMs });
}

/** Takes effect when QEMU next finds that a round did not converge. */
export async function setThrottle(qmp: Qmp, percent: number): Promise<void> {
  await qmp.execute("migrate-set-parameters", throttle(percent));
}

function throttle(percent: number): Record<string, number> {
  return {
    "cpu-throttle-initial": percent,
    "cpu-throttle-increment": percent,
    "max-cpu-throttle": percent,
    "throttle-trigger-threshold": 20,
  };
}

export async function queryMemory(qmp: Qmp): Promise<MemoryStatus> {
  const answer = await qmp.execute<QueryMigrate>("query-migrate");
  const ram = answer.ram;
  return {
    status: answer.status ?? "none",
    totalBytes: ram?.total ?? 0,
    transferredBytes: ram?.transferred ?? 0,
    remainingBytes: ram?.remaining ?? 0,
    dirtyBytesPerSecond: (ram?.["dirty-pages-rate"] ?? 0) * (ram?.["page-size"] ?? 4096),
    rateBytesPerSecond: ((ram?.mbps ?? 0) * 1e6) / 8,
    guestBytesPerSecond: (ram?.["pages-per-second"] ?? 0) * (ram?.["page-size"] ?? 4096),
    plainBytes: (ram?.normal ?? 0) * wholePageBytes + (ram?.duplicate ?? 0) * emptyPageBytes,
    round: ram?.["dirty-sync-count"] ?? 0,
    expectedBlackoutMs: answer["expected-downtime"] ?? null,
    downtimeMs: answer.downtime ?? null,
    throttlePercent: answer["cpu-throttle-percentage"] ?? 0,
    error: answer["error-desc"] ?? null,
  };
}

/** QEMU notices a closed socket within milliseconds; a loaded host takes longer. */
const noticeMs = 3_000;
/** For QEMU to end what it was told to cancel. */
const cancelMs = 10_000;

/**
 * Waits until QEMU says that an outgoing migration, whose socket is closed already, is over; cancels it if QEMU does not
 * notice. Not at once: `migrate_cancel` at the moment of switching over races with QEMU's own end of the return path, and a
 * 7.2 that loses the race is gone, and the guest with it (seen).
 */
export async function endOutgoing(qmp: Qmp, waitMs = noticeMs): Promise<void> {
  if (await settles(qmp, waitMs)) return;
  await qmp.execute("migrate_cancel");
  await settles(qmp, cancelMs);
}

async function settles(qmp: Qmp, withinMs: number): Promise<boolean> {
  const settled: readonly QemuMigrationStatus[] = ["none", "completed", "failed", "cancelled"];
  const over = qmp.waitFor((event) => isStatus(event, settled), { timeoutMs: withinMs });
  over.catch(() => undefined); // awaited below, unless there is nothing to wait for
  if (settled.includes((await queryMemory(qmp)).status)) return true;
  return await over.then(
    () => true,
    () => false,
  );
}

/** Resolves when the migration has one of the statuses; rejects `qemu-failed` when it fails or is cancelled instead. */
export async function waitForStatus(
  qmp: Qmp,
  wanted: readonly QemuMigrationStatus[],
  options: { timeoutMs?: number; signal?: AbortSignal },
): Promise<void> {
  const bad: readonly QemuMigrationStatus[] = ["failed", "cancelled"];
  const event = qmp.waitFor((candidate) => isStatus(candidate, [...wanted, ...bad]), options);
  event.catch(() => undefined); // the answer below may come first
  const present = await queryMemory(qmp);
  const status = [...wanted, ...bad].includes(present.status)
    ? present.status
    : ((await event).data["status"] as QemuMigrationStatus);
  if (wanted.includes(status)) return;
  const after = await queryMemory(qmp);
  throw migrationFailed(after.error, status);
}

export function migrationFailed(description: string | null, status: string): FerryError {
  return new FerryError(
    "qemu-failed",
    `Cannot carry on the migration: QEMU says "${description ?? status}"`,
    { remedy: "Read QEMU's log in the VM's directory on both hosts, then try again" },
  );
}

export function isStatus(event: QmpEvent, statuses: readonly QemuMigrationStatus[]): boolean {
  return (
    event.event === "MIGRATION" && statuses.includes(event.data["status"] as QemuMigrationStatus)
  );
}

interface BlockNode {
  "node-name": string;
  active?: boolean;
}

/**
 * Makes the target's disks its own, before the handover: QEMU 10 activates nodes only when asked, older ones at the end
 * of loading (DESIGN 12.10). @throws FerryError `qemu-failed` when a lock or the image can't be had.
 */
export async function activateDisks(qmp: Qmp): Promise<void> {
  if (!(await qmp.has("blockdev-set-active"))) return;
  await qmp.execute("blockdev-set-active", { active: true });
  const nodes = await qmp.execute<BlockNode[]>("query-named-block-nodes", { flat: true });
  const inactive = nodes.filter((node) => node.active === false).map((node) => node["node-name"]);
  if (inactive.length > 0) {
    throw new FerryError(
      "qemu-failed",
      `Cannot take the disks: ${inactive.join(", ")} stayed inactive, all must be active`,
      { remedy: "Check that no other process on any host holds these images open" },
    );
  }
}

/** Whether the guest's CPUs run. */
export async function guestRuns(qmp: Qmp): Promise<boolean> {
  const status = await qmp.execute<{ running: boolean }>("query-status");
  return status.running;
}

/** QEMU's run state, such as `inmigrate` or `paused`. */
export async function runState(qmp: Qmp): Promise<string> {
  return (await qmp.execute<{ status: string }>("query-status")).status;
}
