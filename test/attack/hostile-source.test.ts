/** A host of the domain, with a valid certificate and bad intentions, as the source of moves. Nothing of it stays, and an honest move still works. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { VmDefinition } from "../../src/vm/definition.ts";
import type { MigrationRecord } from "../../src/migration/record.ts";
import { isFerryError, testDirectory } from "../vm/host.ts";
import { type MovingHost, twoHosts } from "../migration/two-hosts.ts";

const huge = 2 ** 50;

describe("a hostile source", { concurrency: false }, () => {
  let directory: Awaited<ReturnType<typeof testDirectory>>;
  let a: MovingHost;
  let b: MovingHost;
  let honest: VmDefinition;

  before(async () => {
    directory = await testDirectory();
    ({ a, b } = await twoHosts(directory.path));
    const disks = [{ pool: "vms", file: "root.qcow2", sizeBytes: 1 << 20 }];
    honest = (await a.host.vms.create({ name: "web01", memoryMib: 32, vnc: false, disks }))
      .definition;
    await a.host.vms.start("web01");
  });

  after(async () => {
    await a?.[Symbol.asyncDispose]();
    await b?.[Symbol.asyncDispose]();
    await directory?.[Symbol.asyncDispose]();
  });

  type Prepare = Record<string, unknown>;

  /** Opens a session, prepares a move with whatever `change` makes of an honest one, and waits for the end of it. */
  async function attempt(change: (prepare: Prepare) => Prepare): Promise<string> {
    const migrationId = randomUUID();
    const vm = { id: randomUUID(), name: `x${migrationId.slice(0, 8)}` };
    const session = await a.openSession({
      migrationId,
      vmId: vm.id,
      vmName: vm.name,
      generation: 1,
    });
    const over = Promise.withResolvers<string>();
    session.on("closed", () => over.resolve("closed"));
    session.on("message", ({ type }) => {
      if (type === "failed" || type === "prepared") over.resolve(type);
    });
    const prepare = change({
      ...{ type: "prepare", generation: 1, run: true, disks: [], files: [] },
      definition: structuredClone({ ...honest, ...vm, disks: [] }),
    });
    session.send(prepare as never);
    const outcome = await over.promise;
    await session.close("enough");
    await b.migrations.over(migrationId);
    return outcome;
  }

  function withDisk(change: object): (prepare: Prepare) => Prepare {
    return (prepare) => {
      const definition = prepare["definition"] as VmDefinition;
      const [disk] = honest.disks;
      return { ...prepare, definition: { ...definition, disks: [{ ...disk, ...change }] } };
    };
  }

  const attempts: Readonly<Record<string, (prepare: Prepare) => Prepare>> = {
    "a disk out of the pool": withDisk({ file: "../../../etc/passwd" }),
    "a disk with an absolute path": withDisk({ file: "/etc/passwd" }),
    "Ferry's own marker as a disk": withDisk({ file: ".ferry-pool" }),
    "a disk that is not there": withDisk({ file: "nothing.qcow2" }),
    "a disk whose format would be probed": withDisk({ format: "vmdk" }),
    "a pool that is no name": withDisk({ pool: "../vms" }),
    "a disk larger than any": (prepare) => ({
      ...withDisk({ file: "new.qcow2" })(prepare),
      disks: [{ name: "disk0", virtualBytes: huge, allocatedBytes: huge }],
    }),
    "a disk of negative size": (prepare) => ({
      ...withDisk({ file: "new.qcow2" })(prepare),
      disks: [{ name: "disk0", virtualBytes: -1, allocatedBytes: -1 }],
    }),
    "a disk that the definition lacks": (prepare) => ({
      ...prepare,
      disks: [{ name: "disk9", virtualBytes: 4096, allocatedBytes: 0 }],
    }),
    "a file larger than the pool": (prepare) => ({
      ...prepare,
      files: [{ pool: "vms", file: "kernel", bytes: huge }],
    }),
    "a file over one that is there": (prepare) => ({
      ...prepare,
      files: [{ pool: "vms", file: "root.qcow2", bytes: 1 }],
    }),
    "more memory than the host has": (prepare) => ({
      ...prepare,
      definition: { ...(prepare["definition"] as VmDefinition), memory: { mib: 2 ** 24 } },
    }),
    "an option smuggled into a name": (prepare) => ({
      ...prepare,
      definition: { ...(prepare["definition"] as VmDefinition), name: "x,id=y -device evil" },
    }),
    "a thousand disks": (prepare) => ({
      ...prepare,
      disks: Array.from({ length: 1000 }, (_, index) => ({
        ...{ name: `d${index}`, virtualBytes: 1, allocatedBytes: 0 },
      })),
    }),
    "no definition": (prepare) => ({ ...prepare, definition: undefined }),
  };

  test("what an honest one prepares is accepted, and gone when it goes", async () => {
    assert.equal(await attempt((prepare) => prepare), "prepared");
    assert.deepEqual(b.host.vms.list(), []);
  });

  for (const [what, change] of Object.entries(attempts)) {
    test(`${what} is refused, and nothing stays`, async () => {
      assert.notEqual(await attempt(change), "prepared");
      assert.deepEqual(b.host.vms.list(), []);
      assert.deepEqual(await b.host.traces(), []);
      const files = await readdir(join(directory.path, "shared"));
      assert.deepEqual(
        files.filter((file) => !file.startsWith(".")),
        ["root.qcow2"],
      );
    });
  }

  test("an old take, said again, and a stranger's, change nothing", async () => {
    const move = async (from: MovingHost, to: MovingHost): Promise<MigrationRecord> => {
      const request = { vm: "web01", target: to.name, options: {}, requestedBy: "test" };
      const { id } = from.migrations.start(request);
      return await from.ended(id);
    };
    const there = await move(a, b);
    assert.equal(there.state, "completed", there.error?.message ?? "");
    assert.equal((await move(b, a)).state, "completed");
    assert.equal((await b.migrations.peerTake(there.id, 2, a.name)).last, "owner");
    assert.equal(b.host.vms.find("web01"), undefined);
    assert.equal(a.host.vms.get("web01").state, "running");
    for (const word of ["peerDiscard", "peerDisown"] as const) {
      await b.migrations[word](there.id, a.name);
      await assert.rejects(b.migrations[word](there.id, "host-c"), { code: "peer-refused" });
    }
    await assert.rejects(b.migrations.peerTake(there.id, 2, "host-c"), { code: "peer-refused" });
    await assert.rejects(a.host.vms.resumeOwned(randomUUID()), isFerryError("not-found"));
    assert.equal((await move(a, b)).state, "completed");
  });
});
