/** What a move's options are called on every page that offers them. */
import type { MigrationOptions } from "../../../src/migration/record.ts";

type Named<Option extends keyof MigrationOptions> = Readonly<
  Record<Extract<MigrationOptions[Option], string>, string>
>;

export const performanceNames: Named<"performance"> = {
  tcp: "TCP: as it is",
  compression: "Compression",
  multichannel: "Multichannel: over every common network",
  rdma: "RDMA",
};

/** For a guest that writes faster than the link carries. */
export const policyNames: Named<"convergencePolicy"> = {
  patient: "Patient: never slow the guest down",
  balanced: "Balanced: slow it down step by step",
  certain: "Certain: slow it down, then stop it for as long as the rest takes",
  "post-copy": "Post-copy: go on at the target, which fetches the rest",
};

export const policyLabel = "A guest that writes faster than the link carries";

export const priorityNames: Named<"priority"> = { low: "Low", normal: "Normal", high: "High" };

/** What is asked for by a mark. */
export const markNames = {
  verifyMemory:
    "Compare all memory on both sides before the guest goes on, where the blackout allowed has time for it",
  eject: "Take media out of the CD drives instead of carrying them along",
  leaveCluster: "Let it leave its cluster, which the target is not in",
  enterCluster: "Let the target's cluster keep it running",
  keepSourceDisks: "Keep the source's disks there under another name",
  keepPartial: "If the move fails, let the target keep what was copied of the disks for three days",
  resume: "Continue from what the target has kept of the disks",
} as const;

/** The option's names with one more: none of its own. */
export function orAsSet<Option extends string>(
  names: Readonly<Record<Option, string>>,
): Readonly<Record<Option | "", string>> {
  return { "": "As the host's settings say", ...names };
}
