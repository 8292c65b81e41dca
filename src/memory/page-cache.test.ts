import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { pageBytes } from "./limits.ts";
import { notKept } from "./page-batch.ts";
import { cacheSlotsIn, cacheWays, PageCache } from "./page-cache.ts";

test("a page is where it was kept last, until another takes its place", () => {
  const steps = fc.array(fc.tuple(fc.nat(63), fc.nat(cacheWays - 1)), {
    size: "max",
    maxLength: 200,
  });
  fc.assert(
    fc.property(steps, (keeps) => {
      const sets = 2;
      const cache = new PageCache(sets * cacheWays);
      const model = new Map<number, number>();
      for (const [page, way] of keeps) {
        if (cache.slotOf(page) >= 0) continue;
        model.set((page % sets) * cacheWays + way, page);
        assert.equal(cache.take(page, way), (page % sets) * cacheWays + way);
      }
      for (let page = 0; page < 64; page++) {
        const slot = [...model].find(([, kept]) => kept === page)?.[0] ?? -1;
        assert.equal(cache.slotOf(page), slot);
      }
    }),
  );
});

function full(): PageCache {
  const cache = new PageCache(cacheWays);
  for (let page = 0; page < cacheWays; page++) cache.take(page, cache.wayFor(page, false));
  return cache;
}

test("pages sent for the first time take free places and displace none", () => {
  const cache = full();
  for (let page = 0; page < cacheWays; page++) assert.ok(cache.slotOf(page) >= 0);
  assert.equal(cache.wayFor(99, false), notKept);
});

test("a page sent again displaces the coldest, and a hot one only after it cooled", () => {
  const cache = full();
  for (let page = 0; page < cacheWays; page++) {
    for (let times = 0; times <= page; times++) cache.warm(cache.slotOf(page));
  }
  assert.equal(cache.wayFor(99, true), notKept);
  assert.equal(cache.wayFor(99, true), cache.slotOf(0));
});

test("a page that is dropped leaves its place free", () => {
  const cache = full();
  const slot = cache.slotOf(3);
  cache.drop(3);
  assert.equal(cache.slotOf(3), -1);
  assert.equal(cache.wayFor(99, false), slot);
});

test("a cache of no slots keeps nothing", () => {
  assert.equal(cacheSlotsIn(cacheWays * pageBytes - 1), 0);
  const cache = new PageCache(0);
  assert.equal(cache.wayFor(1, true), notKept);
  assert.equal(cache.take(1, 0), -1);
  assert.equal(cache.slotOf(1), -1);
  cache.drop(1);
});
