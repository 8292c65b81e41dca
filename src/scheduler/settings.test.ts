import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../database/database.ts";
import { completeSettings, defaultSettings, parseSettings } from "./settings.ts";
import { SettingsStore } from "./settings-store.ts";

const bad = (change: object): object => ({ ...defaultSettings, ...change });

test("parseSettings() accepts the defaults", () => {
  assert.deepEqual(parseSettings(defaultSettings), defaultSettings);
});

test("parseSettings() names every fault at once", () => {
  const document = bad({ simultaneousMovesMax: 0, blackoutMsMax: 5, colour: "red" });
  assert.throws(() => parseSettings(document), {
    code: "bad-input",
    message: /simultaneousMovesMax.*blackoutMsMax|blackoutMsMax.*simultaneousMovesMax/,
  });
});

test("parseSettings() refuses a document that leaves something out: it would reset it in silence", () => {
  const { migrationNetworks, ...older } = defaultSettings;
  assert.equal(migrationNetworks, null);
  assert.throws(() => parseSettings(older), { code: "bad-input", message: /migrationNetworks/ });
});

test("parseSettings() refuses what the schema can't: no subnet, windows that overlap", () => {
  const window = { from: "08:00", to: "09:00", bytesPerSecond: null };
  const document = bad({
    migrationNetworks: [{ subnet: "10.0.0.0/99", priority: 1 }],
    memoryBandwidth: { bytesPerSecond: null, windows: [window, window] },
  });
  assert.throws(() => parseSettings(document), {
    code: "bad-input",
    message: /10\.0\.0\.0\/99.*overlap/,
  });
});

test("completeSettings() fills in what an older Ferry did not store", () => {
  assert.deepEqual(completeSettings({ simultaneousMovesMax: 5 }), {
    ...defaultSettings,
    simultaneousMovesMax: 5,
  });
});

test("SettingsStore refuses a change made from settings that changed since", () => {
  const database = openDatabase(":memory:");
  const store = new SettingsStore(database);
  assert.equal(store.current.generation, 0);
  store.replace(bad({ blackoutMsMax: 100 }), 0);
  assert.throws(() => store.replace(bad({ blackoutMsMax: 200 }), 0), { code: "stale" });
  assert.equal(store.current.settings.blackoutMsMax, 100);
  assert.equal(store.replace(bad({ blackoutMsMax: 200 }), null).generation, 2);
  assert.equal(new SettingsStore(database).current.settings.blackoutMsMax, 200);
  database.close();
});
