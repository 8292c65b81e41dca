import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import {
  changeSettings,
  parseLimit,
  parseWindow,
  type SettingOptions,
  type Settings,
  withChangedNetwork,
  withNetwork,
  withoutNetwork,
} from "./setting-changes.ts";

const settings: Settings = {
  migrationEnabled: true,
  simultaneousMovesMax: 2,
  simultaneousStorageMovesMax: 2,
  migrationNetworks: null,
  performanceOption: "compression",
  memoryCompressor: "auto",
  memoryBandwidth: { bytesPerSecond: null, windows: [] },
  storageBandwidth: { bytesPerSecond: null, windows: [] },
  blackoutMsMax: 300,
  outageMsMax: 60_000,
  blackoutOutageMsMax: 3_000,
  pageCacheMibMax: 256,
  compressionThreadsMax: null,
  convergencePolicy: "balanced",
  stopMsMax: 10_000,
  giveUpAfterMs: 600_000,
  defaultDiskPool: "vms",
  shutdownPolicy: "move",
  shutdownMsMax: 600_000,
  shutdownGuestMsMax: 120_000,
};

/** What commander makes of words. */
function typed(...words: string[]): SettingOptions {
  return new Command()
    .option("--bandwidth <rate>", "", parseLimit)
    .option("--bandwidth-at <time>", "", parseWindow)
    .parse(words, { from: "user" })
    .opts();
}

test("changeSettings() changes what was given and nothing else", () => {
  assert.deepEqual(changeSettings(settings, {}), settings);
  assert.deepEqual(changeSettings(settings, { migration: "off", maxMoves: 4, diskPool: "none" }), {
    ...settings,
    migrationEnabled: false,
    simultaneousMovesMax: 4,
    defaultDiskPool: null,
  });
});

test("changeSettings() sets a bandwidth and its times of day apart", () => {
  const windows = parseWindow("22:00-06:00=none", parseWindow("08:00-18:00=100M"));
  const limited = changeSettings(settings, {
    bandwidth: parseLimit("1Gbit"),
    bandwidthAt: windows,
  });
  assert.deepEqual(limited.memoryBandwidth, {
    bytesPerSecond: 125_000_000,
    windows: [
      { from: "08:00", to: "18:00", bytesPerSecond: 100 * 1024 ** 2 },
      { from: "22:00", to: "06:00", bytesPerSecond: null },
    ],
  });
  const freed = changeSettings(limited, typed("--bandwidth", "none"));
  assert.equal(freed.memoryBandwidth.bytesPerSecond, null);
  assert.equal(freed.memoryBandwidth.windows.length, 2);
  const always = changeSettings(limited, typed("--bandwidth-at", "none"));
  assert.deepEqual(always.memoryBandwidth, { bytesPerSecond: 125_000_000, windows: [] });
});

test("parseWindow() refuses what is no time of day with a bandwidth", () => {
  for (const text of [
    "8-18=100M",
    "08:00-18:00",
    "08:00-18:00=",
    "100M",
    "25:00-26:00=100M",
    "08:00-18:00=1K",
  ]) {
    assert.throws(() => parseWindow(text), { code: "bad-input" });
  }
});

test("withChangedNetwork() changes subnet and priority in one step, so that the last network is never gone", () => {
  const one = withNetwork(settings, { subnet: "10.1.0.0/24", priority: 10 });
  const subnet = "fd00:1::/64";
  assert.deepEqual(withChangedNetwork(one, "10.1.0.0/24", { subnet }).migrationNetworks, [
    { subnet, priority: 10 },
  ]);
  const absent = () => withChangedNetwork(one, "10.2.0.0/24", { priority: 1 });
  assert.throws(absent, { code: "not-found" });
});

test("withNetwork() adds a subnet or changes its priority; withoutNetwork() ends with any network", () => {
  const one = withNetwork(settings, { subnet: "10.1.0.0/24", priority: 10 });
  const changed = withNetwork(one, { subnet: "10.1.0.0/24", priority: 5 });
  assert.deepEqual(changed.migrationNetworks, [{ subnet: "10.1.0.0/24", priority: 5 }]);
  assert.throws(() => withoutNetwork(changed, "10.2.0.0/24"), { code: "not-found" });
  assert.equal(withoutNetwork(changed, "10.1.0.0/24").migrationNetworks, null);
});
