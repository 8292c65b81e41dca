/** What may be asked of a VM in which state: one table, and the refusal that explains itself. Pure. */
import { FerryError } from "../base/errors.ts";
import type { VmRecord, VmState } from "./vm-host.ts";

export const vmRequests = [
  "start",
  "shutdown",
  "power-off",
  "pause",
  "resume",
  "restart",
  "delete",
  "configure",
  "upgrade",
  "move",
  "move-storage",
  "change-media",
] as const;
export type VmRequest = (typeof vmRequests)[number];

export const allowedRequests: Readonly<Record<VmState, readonly VmRequest[]>> = {
  stopped: ["start", "delete", "configure", "upgrade", "move-storage"],
  crashed: ["start", "delete", "configure", "upgrade", "power-off"],
  starting: [],
  running: [
    "shutdown",
    "power-off",
    "pause",
    "restart",
    "upgrade",
    "move",
    "move-storage",
    "change-media",
  ],
  paused: ["power-off", "resume", "restart", "upgrade", "move", "move-storage", "change-media"],
  incoming: [],
  "handed-over": [],
};

const verbs: Readonly<Record<VmRequest, string>> = {
  start: "start",
  shutdown: "shut down",
  "power-off": "power off",
  pause: "pause",
  resume: "resume",
  restart: "restart",
  delete: "delete",
  configure: "change",
  upgrade: "upgrade",
  move: "move",
  "move-storage": "move the disks of",
  "change-media": "change the media of",
};

const remedies: Readonly<Partial<Record<VmState, string>>> = {
  stopped: "Start it first",
  running: "Shut it down or power it off first",
  paused: "Resume it or power it off first",
  starting: "Wait until it has started",
  incoming: "It still belongs to the host it comes from; wait for the move, or cancel it there",
  "handed-over": "It belongs to another host now; ask there",
};

/** @throws FerryError `busy` when a migration holds the VM, `conflict` when its state does not allow the request. */
export function requireAllowed(record: VmRecord, request: VmRequest): void {
  const { definition, state, migration } = record;
  const sentence = `Cannot ${verbs[request]} VM "${definition.name}"`;
  if (migration !== null && record.ownership === "owner") {
    throw new FerryError("busy", `${sentence}: a migration holds it`, {
      remedy: `Wait for the migration or cancel it: ferry migration cancel ${migration}`,
      details: { migration },
    });
  }
  if (allowedRequests[state].includes(request)) return;
  const remedy = remedies[state];
  throw new FerryError("conflict", `${sentence}: it is ${state}`, {
    ...(remedy === undefined ? {} : { remedy }),
    details: { state },
  });
}
