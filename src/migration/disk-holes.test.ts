import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { MirrorStatus } from "../qemu/mirror.ts";
import { type Holes, holesOf, noHoles, withoutHoles } from "./disk-holes.ts";

const unit = 64;
const status = (copiedBytes: number, totalBytes: number, ready = false): MirrorStatus => ({
  ...{ id: "mirror0", copiedBytes, totalBytes, ready, synchronous: ready },
});

/** A copy of a disk of these units (true: content), with up to `lag` units of content sent and not counted yet. */
function* copyOf(units: readonly boolean[], lag: number): Generator<[Holes, MirrorStatus]> {
  const total = units.length * unit;
  const contentUnits = units.filter(Boolean).length;
  let holes = noHoles;
  let content = 0;
  for (const [index, hasContent] of units.entries()) {
    content += hasContent ? 1 : 0;
    const isLast = index === units.length - 1;
    const sent = Math.min(contentUnits, content + (isLast ? 0 : lag)) * unit;
    const mirror = status((index + 1) * unit, total, isLast);
    holes = holesOf(holes, mirror, sent, contentUnits * unit);
    yield [holes, withoutHoles(mirror, holes)];
  }
}

test("in the end what was copied is what was sent, however the holes lie", () => {
  const units = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(units, fc.nat(5), (disk, lag) => {
      const content = disk.filter(Boolean).length * unit;
      let last: MirrorStatus | undefined;
      for (const [, mirror] of copyOf(disk, lag)) {
        assert.ok(mirror.copiedBytes <= mirror.totalBytes);
        assert.ok(mirror.totalBytes <= disk.length * unit);
        last = mirror;
      }
      assert.deepEqual([last?.copiedBytes, last?.totalBytes], [content, content]);
    }),
  );
});

test("before anything crossed, what is to copy is what the file holds", () => {
  const mirror = status(0, 20_000);
  const holes = holesOf(noHoles, mirror, 0, 200);
  assert.deepEqual(withoutHoles(mirror, holes), { ...mirror, totalBytes: 200 });
});

test("what the guest writes meanwhile is to copy as well", () => {
  const holes = holesOf(noHoles, status(0, 20_000), 0, 200);
  const mirror = status(19_900, 20_300);
  const { copiedBytes, totalBytes } = withoutHoles(mirror, holesOf(holes, mirror, 100, 200));
  assert.deepEqual([copiedBytes, totalBytes], [100, 500]);
});

test("where nobody knows what the disk holds, all that is left counts", () => {
  const mirror = status(500, 1_000);
  const holes = holesOf(noHoles, mirror, 500, undefined);
  assert.deepEqual(withoutHoles(mirror, holes), mirror);
});
