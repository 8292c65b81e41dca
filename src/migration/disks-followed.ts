/** Keeps a move's record true about its disks, from the first byte copied to the last write mirrored. */
import { wallClockMs } from "../base/clock.ts";
import { type MirrorStatus, queryMirrors } from "../qemu/mirror.ts";
import { queryWrites } from "../qemu/write-statistics.ts";
import { type DiskSample, toDiskRecord, withSample } from "./disk-progress.ts";
import { type Holes, holesOf, noHoles, withoutHoles } from "./disk-holes.ts";
import type { DiskRecord } from "./record.ts";
import type { FollowedDisks, SourceMove } from "./stage.ts";
import { sessionOf } from "./past-setup.ts";
import { firstPacing, type Pacing, toGuestWrites, withWrites } from "./write-pacing.ts";

/** Between two looks while something else is waited for: often enough for a person, and no load for QEMU. */
const lookMs = 200;

/** The job and the node of the mirror of the disk at this place in `move.disks`. */
export function mirrorId(index: number): string {
  return `mirror${index}`;
}

export class DisksFollowed implements FollowedDisks {
  readonly #move: SourceMove;
  readonly #samples = new Map<string, readonly DiskSample[]>();
  readonly #holes = new Map<string, Holes>();
  readonly #pacings = new Map<string, Pacing>();
  #lookedAt = 0;

  constructor(move: SourceMove) {
    this.#move = move;
  }

  /** Asks QEMU how far the mirrors are and writes it into the record. Call it once before the first mirror begins. */
  async look(): Promise<MirrorStatus[]> {
    const { process, record, disks } = this.#move;
    const [mirrors, writes, { streams, disks: encoders }] = await Promise.all([
      queryMirrors(process.qmp),
      queryWrites(process.qmp, disks),
      sessionOf(this.#move).stats(),
    ]);
    const at = wallClockMs();
    this.#lookedAt = at;
    for (const [disk, statistics] of writes) {
      const sample = { ...statistics, at };
      const pacing = this.#pacings.get(disk);
      this.#pacings.set(disk, pacing ? withWrites(pacing, sample) : firstPacing(sample));
    }
    record.disks(
      record.current.disks.map((disk) => {
        const index = disks.indexOf(disk.name);
        const mirror = mirrors.find(({ id }) => id === mirrorId(index));
        const pacing = this.#pacings.get(disk.name);
        const stream = `disk:${disk.name}`;
        const seen = {
          ...disk,
          wireBytes: streams[stream]?.acceptedBytes ?? 0,
          resumedBytes: encoders[stream]?.referencedBytes ?? 0,
          ...(pacing && { guestWrites: toGuestWrites(pacing) }),
        };
        if (mirror === undefined) return seen;
        // As it crosses where nobody encodes it: what NBD adds is next to nothing.
        const sentBytes = encoders[stream]?.contentBytes ?? seen.wireBytes;
        return this.#withMirror(seen, this.#withoutHoles(seen, mirror, sentBytes), at);
      }),
    );
    return mirrors;
  }

  contentOf(disk: string, copiedBytes: number): number {
    return copiedBytes - (this.#holes.get(disk) ?? noHoles).declaredBytes;
  }

  async lookIfDue(): Promise<void> {
    if (wallClockMs() - this.#lookedAt >= lookMs) await this.look();
  }

  #withoutHoles({ name, allocatedBytes }: DiskRecord, mirror: MirrorStatus, sentBytes: number) {
    const { definition } = this.#move;
    // The file is not all of a disk that stands on another one.
    const isAll = !definition.disks.some((disk) => disk.name === name && disk.backing);
    const before = this.#holes.get(name) ?? noHoles;
    const holes = holesOf(before, mirror, sentBytes, isAll ? allocatedBytes : undefined);
    this.#holes.set(name, holes);
    return withoutHoles(mirror, holes);
  }

  #withMirror(disk: DiskRecord, mirror: MirrorStatus, at: number): DiskRecord {
    const before = this.#samples.get(mirror.id) ?? [];
    const samples = withSample(before, { at, bytes: mirror.copiedBytes });
    this.#samples.set(mirror.id, samples);
    return toDiskRecord(disk, mirror, samples);
  }
}
