/** How long the client waits for a route's answer; milliseconds. */
import type { Routes } from "./routes-table.ts";

/** Agents answer within milliseconds; one that asks a host which is going away may take its ten seconds a few times. */
const answerTimeoutMs = 30_000;

/** Importing a disk copies and converts it before the answer: terabytes from a slow share may take a working day. */
export const importTimeoutMs = 12 * 3_600_000;

/** Checks ask both hosts and try storage out; a share that hangs holds them up until its own limit. */
const checkTimeoutMs = 120_000;

/** Answered when both hosts are as they were; the undo of a stage has its own, shorter limits. */
const cancelTimeoutMs = 120_000;

/** A guest gets a minute to shut down unless told otherwise; QEMU's end and the locks come on top. */
const shutdownTimeoutMs = 120_000;

const drainTimeoutMs = 600_000;

const slow: Partial<Record<keyof Routes, number>> = {
  "POST /v1/vms": importTimeoutMs,
  "POST /v1/checks": checkTimeoutMs,
  "POST /v1/migrations": checkTimeoutMs,
  // Every VM of the host is checked, one after the other.
  "POST /v1/host/drain/plan": drainTimeoutMs,
  "POST /v1/host/drain": drainTimeoutMs,
  "POST /v1/host/resume": drainTimeoutMs,
  "POST /v1/host/shutdown/plan": drainTimeoutMs,
  "POST /v1/host/shutdown": drainTimeoutMs,
  "POST /v1/migrations/{id}/cancel": cancelTimeoutMs,
  "POST /v1/vms/{vm}/shutdown": shutdownTimeoutMs,
  "POST /v1/domain/join": 60_000,
  // etcd starts and elects itself.
  "POST /v1/cluster": 90_000,
  "POST /v1/cluster/join": 60_000,
  // Besides, every host asks the members of the lost one whether they really are gone.
  "POST /v1/cluster/restore": 180_000,
  // Fence agents give up after two minutes; a host is watched for three beats of up to 38 s.
  "PUT /v1/cluster/fences/{host}": 150_000,
  "POST /v1/cluster/fences/{host}/test": 150_000,
  "POST /v1/cluster/confirm-dead": 150_000,
};

export function timeoutOf(route: keyof Routes): number {
  return slow[route] ?? answerTimeoutMs;
}
