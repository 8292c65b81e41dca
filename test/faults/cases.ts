/**
 * The cases of the fault matrix: every fault, on either host, at every point of a move, with shared storage and with nothing shared. Pure;
 * points come from the plan and the journal, so that what is added there is tested here.
 */
import { createHash } from "node:crypto";
import { type FaultPoint, faultPoints, nameOf } from "../../src/migration/fault-points.ts";

/** What breaks. */
export const breakages = {
  agent: "the agent is killed and started again",
  qemu: "QEMU is killed",
  host: "the host loses its power: agent, QEMU, taps and sockets are gone; it comes back",
  "link-blip": "the wire is cut for a second",
  "link-cut": "the wire is cut until each host has decided alone",
  "disk-full": "no byte fits on the host's disk until the move has ended or stands still",
  "disk-slow": "the host's disk answers nothing for a second and a half",
} as const;
export type Breakage = keyof typeof breakages;

export const storages = ["shared", "apart"] as const;
export type Storage = (typeof storages)[number];

export interface FaultCase {
  readonly id: string;
  readonly storage: Storage;
  readonly point: FaultPoint;
  readonly breakage: Breakage;
  /** Which host breaks. */
  readonly victim: "source" | "target";
  /** A failure that brings the move to a record that only failures write. */
  readonly provoked: string | undefined;
}

const provocations: Readonly<Record<string, string>> = {
  "journal-rolled-back": "source:memory-precopy:inside",
  "journal-discarded": "target:memory-precopy:inside",
};

/** All cases, in an order that is always the same and in which every stretch is a fair sample. */
export function faultCases(): FaultCase[] {
  const all = storages.flatMap((storage) =>
    faultPoints()
      .filter((point) => applies(point, storage))
      .flatMap((point) =>
        (Object.keys(breakages) as Breakage[]).flatMap((breakage) =>
          (["source", "target"] as const).map((victim) => ({
            ...{ storage, point, breakage, victim, provoked: provocations[point.at] },
            id: [storage, nameOf(point), breakage, victim].join(" "),
          })),
        ),
      ),
  );
  const keyed = all.map((each) => ({
    each,
    key: createHash("sha256").update(each.id).digest("hex"),
  }));
  return keyed.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ each }) => each);
}

function applies({ at, moment }: FaultPoint, storage: Storage): boolean {
  if (at === "memory-postcopy") return false; // npm run test:post-copy
  if (at === "journal-begun" && moment === "before") return false; // nothing has begun
  return storage === "apart" || (at !== "storage-mirror" && at !== "journal-making");
}
