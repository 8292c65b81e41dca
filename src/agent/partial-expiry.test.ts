import assert from "node:assert/strict";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pino } from "pino";
import { openDatabase } from "../database/database.ts";
import type { Migrations } from "../migration/migrations.ts";
import { Pools } from "../storage/pools.ts";
import { PartialExpiry } from "./partial-expiry.ts";

test("what is kept goes when its time is over, but not while a move of its VM is under way", async () => {
  const directory = await mkdtemp(join(tmpdir(), "ferry-expiry-"));
  try {
    const pools = new Pools(openDatabase(":memory:"));
    await pools.add("local", directory);
    for (const vm of ["still", "over", "moving"]) {
      await writeFile(join(directory, `${vm}.raw`), "half a disk");
      pools.partialDisks.add({
        ...{ migration: vm, vm, vmName: vm, source: "host-a", disk: "root", pool: "local" },
        ...{ file: `${vm}.raw`, keptAt: 0, expiresAt: vm === "still" ? 2000 : 1000 },
      });
    }
    const migrations = { running: () => [{ vm: { id: "moving" } }] } as unknown as Migrations;
    using expiry = new PartialExpiry({
      ...{ pools, migrations, now: () => 1500, log: pino({ level: "silent" }) },
    });
    await expiry.removeExpired();
    assert.deepEqual(
      pools.partialDisks
        .list()
        .map(({ vm }) => vm)
        .sort(),
      ["moving", "still"],
    );
    await assert.rejects(access(join(directory, "over.raw")));
    await access(join(directory, "moving.raw"));
  } finally {
    await rm(directory, { recursive: true });
  }
});
