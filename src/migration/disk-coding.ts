/** How disks cross, agreed between the hosts: in batches, where the source's options say so and both know how. */
import type { ControlMessageOf } from "../protocol/messages.ts";
import type { DiskDecoding, DiskEncoding } from "../session/disk-coding.ts";
import { codingJobs } from "../session/memory-coding.ts";
import { hearKept, tellKept } from "./partial-disks.ts";
import type { SourceMove, TargetMove } from "./stage.ts";
import { sessionOf } from "./past-setup.ts";

/** Agents that speak a version before this one know nothing of batches of disks. */
const versionWithBatches = 3;

/** What becomes of the stream of a disk; undefined: it crosses as it is. */
export type CodingOf<Coding> = (disk: string) => Coding | undefined;

/** Source: what it asks for. Only batches can refer to what the target has kept. */
export function wantedDiskEncoding(move: SourceMove): Omit<ControlMessageOf<"mirror">, "type"> {
  if (sessionOf(move).version < versionWithBatches) return {};
  const { resume = false } = move.record.current.options;
  if (resume) return { encoding: "batches", resume };
  return move.limits.performance === "compression" ? { encoding: "batches" } : {};
}

/** Source: what comes of the target's answer. */
export async function diskEncodingFor(
  move: SourceMove,
  wanted: Omit<ControlMessageOf<"mirror">, "type">,
  { encoding }: ControlMessageOf<"mirroring">,
): Promise<CodingOf<DiskEncoding>> {
  if (encoding === undefined) return () => undefined;
  const kept = wanted.resume === true ? await hearKept(move) : undefined;
  return (disk) => ({ kind: "disk", kept: kept?.get(disk) ?? null, jobs: codingJobs() });
}

/** Target: what it does with what the source asks for. */
export async function diskDecodingFor(
  move: TargetMove,
  { encoding, resume }: ControlMessageOf<"mirror">,
): Promise<CodingOf<DiskDecoding>> {
  if (encoding === undefined) return () => undefined;
  const kept = resume === true ? await tellKept(move) : undefined;
  return (disk) => ({ kind: "disk", kept: kept?.get(disk) ?? null, jobs: codingJobs() });
}
