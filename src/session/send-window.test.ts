import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Sending, SendWindow } from "./send-window.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const settings = { drainMs: 10, bytesMin: 256 * KiB, bytesMax: 32 * MiB, expectedRate: 0 };

/** What counts as the first moments. */
const firstMs = 200;

interface Path {
  /** Bytes per millisecond. */
  rate: number;
  /** Round trip of an empty path, milliseconds, at a time. */
  latency: (now: number) => number;
}

/**
 * A path with one queue, and a sender that always has something to say. Every frame waits its turn, takes its time on
 * the wire, and is acknowledged a latency later.
 */
function simulate(
  path: Path,
  forMs: number,
  { frameBytes = 32 * KiB, drainMsFirst = 10, expectedRate = 0 } = {},
) {
  const window = new SendWindow({ ...settings, drainMs: drainMsFirst, expectedRate });
  const underWay: { sending: Sending; back: number }[] = [];
  let wireFree = 0;
  let now = 0;
  let delivered = 0;
  let deliveredAtFirst = 0;
  const waits: number[] = [];
  while (now < forMs) {
    if (now > forMs / 4) window.drainMs = settings.drainMs;
    while (window.hasRoom) {
      const sending = window.sent(frameBytes, now);
      waits.push(Math.max(0, wireFree - now));
      wireFree = Math.max(wireFree, now) + frameBytes / path.rate;
      underWay.push({ sending, back: wireFree + path.latency(now) });
    }
    const first = underWay.shift();
    assert.ok(first !== undefined, "a window never closes with nothing under way");
    now = Math.max(now, first.back);
    window.acknowledged(first.sending, now);
    if (now > forMs / 2) delivered += frameBytes;
    if (now <= firstMs) deliveredAtFirst += frameBytes;
  }
  const late = waits.slice(Math.floor(waits.length / 2)).sort((a, b) => a - b);
  return {
    window,
    /** Of what the path can carry, in the second half of the time. */
    utilization: delivered / (path.rate * (forMs / 2)),
    /** Of what the path can carry, in the first moments. */
    atFirst: deliveredAtFirst / (path.rate * firstMs),
    /** Time that frames waited behind others, milliseconds: nine of ten waited less. */
    wait: late[Math.floor(late.length * 0.9)] ?? 0,
  };
}

const MBps = 1000; // bytes per millisecond

test("any path is filled, and no more waits in it than drains in the time allowed", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 1200 }),
      fc.double({ min: 0.1, max: 20, noNaN: true }),
      (megabytesPerSecond, latency) => {
        const rate = megabytesPerSecond * MBps;
        const { utilization, wait } = simulate({ rate, latency: () => latency }, 6_000);
        assert.ok(utilization > 0.9, `${utilization} of the path was used`);
        assert.ok(wait < 1.6 * settings.drainMs + settings.bytesMin / rate, `${wait} ms waited`);
      },
    ),
    { numRuns: 30 },
  );
});

test("a long path that is known is filled from its first round on", () => {
  const path = { rate: 118 * MBps, latency: () => 20 };
  const known = simulate(path, 1_000, { expectedRate: path.rate });
  const unknown = simulate(path, 1_000);
  assert.ok(known.atFirst > 0.8, `${known.atFirst} of the path was used`);
  assert.ok(known.atFirst > 1.2 * unknown.atFirst, `${unknown.atFirst} of one nobody knows`);
});

test("whoever expects too much or too little finds out", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 600 }),
      fc.double({ min: 0.1, max: 20, noNaN: true }),
      fc.double({ min: 0, max: 10, noNaN: true }),
      (megabytesPerSecond, latency, factor) => {
        const rate = megabytesPerSecond * MBps;
        const expectedRate = rate * factor;
        const { utilization, wait } = simulate({ rate, latency: () => latency }, 6_000, {
          expectedRate,
        });
        assert.ok(utilization > 0.9, `${utilization} of the path was used`);
        assert.ok(wait < 1.6 * settings.drainMs + settings.bytesMin / rate, `${wait} ms waited`);
      },
    ),
    { numRuns: 30 },
  );
});

test("the drain rate is found within a fifth", () => {
  for (const rate of [25 * MBps, 118 * MBps, 1200 * MBps]) {
    const { window } = simulate({ rate, latency: () => 0.5 }, 3_000);
    assert.ok(Math.abs(window.rate - rate) < rate / 5, `${window.rate} for ${rate}`);
  }
});

test("a path that becomes longer is filled again", () => {
  const latency = (now: number) => (now < 1_000 ? 1 : 60);
  const { utilization } = simulate({ rate: 100 * MBps, latency }, 16_000);
  assert.ok(utilization > 0.85, `${utilization} of the path was used`);
});

test("where threads wait for a processor now and then, the window does not starve", () => {
  let state = 1;
  const jitter = () => {
    state = (state * 48_271) % 2_147_483_647;
    return 0.3 + (state % 20);
  };
  const { utilization } = simulate({ rate: 600 * MBps, latency: jitter }, 6_000);
  assert.ok(utilization > 0.7, `${utilization} of the path was used`);
});

test("a slow link keeps enough under way never to stall", () => {
  const { utilization } = simulate({ rate: 1 * MBps, latency: () => 5 }, 8_000);
  assert.ok(utilization > 0.95);
});

test("less waits once less may", () => {
  const path = { rate: 118 * MBps, latency: () => 1 };
  const { utilization, wait } = simulate(path, 8_000, { drainMsFirst: 40 });
  assert.ok(utilization > 0.9);
  assert.ok(wait < 1.6 * settings.drainMs, `${wait} ms waited`);
});

test("what was lost is no longer under way", () => {
  const window = new SendWindow(settings);
  const sendings = Array.from({ length: 8 }, () => window.sent(64 * KiB, 0));
  assert.ok(!window.hasRoom);
  for (const sending of sendings) window.lost(sending, 1);
  assert.equal(window.inFlight, 0);
  assert.ok(window.hasRoom);
});
