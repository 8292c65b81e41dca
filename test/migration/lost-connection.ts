/**
 * `npm run test:messages`: after every message of a move, on the side that hears it, the connection is lost for good. Whatever the
 * message, one host has the VM and runs it, the other has nothing of it, and a move begun at once succeeds.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ControlMessage } from "../../src/protocol/messages.ts";
import { testDirectory } from "../vm/host.ts";
import { type MovingHost, twoHosts } from "./two-hosts.ts";

type Kind = ControlMessage["type"];
type Role = "source" | "target";

/** Of a move on shared storage that nothing breaks, in the order in which they come. */
const messages: readonly (readonly [hears: Role, kind: Kind])[] = [
  ["target", "prepare"],
  ["source", "prepared"],
  ["target", "receive"],
  ["source", "receiving"],
  ["target", "stopped"],
  ["source", "ready"],
  ["target", "take"],
  ["source", "taken"],
  ["source", "announced"],
  ["target", "serial-log"],
];
/** From here on the VM is the target's. */
const handedOver: readonly Kind[] = ["take", "taken", "announced", "serial-log"];

describe("a connection that is lost after a message", { concurrency: false }, () => {
  let directory: Awaited<ReturnType<typeof testDirectory>>;
  let hosts: readonly MovingHost[] = [];

  before(async () => {
    directory = await testDirectory();
    const { a, b } = await twoHosts(directory.path);
    hosts = [a, b];
    const disks = [{ pool: "vms", sizeBytes: 1 << 20 }];
    await a.host.vms.create({ name: "web01", memoryMib: 64, vnc: false, disks });
    await a.host.vms.start("web01");
  });

  after(async () => {
    for (const host of hosts) await host[Symbol.asyncDispose]();
    await directory?.[Symbol.asyncDispose]();
  });

  function ownerAndOther(): readonly [MovingHost, MovingHost] {
    const owners = hosts.filter(({ host }) => host.vms.find("web01")?.ownership === "owner");
    assert.equal(owners.length, 1, "one host has the VM as its own");
    const [owner] = owners as [MovingHost];
    assert.ok(owner.other);
    return [owner, owner.other];
  }

  /** Moves it; `heard` is told of every message, before anybody acts on it. Resolves when both halves are over. */
  async function move(heard: (role: Role, kind: Kind) => boolean): Promise<readonly Kind[]> {
    const [from, to] = ownerAndOther();
    const kinds: Kind[] = [];
    for (const host of hosts) {
      host.sessionOpened = (session, role) => {
        session.on("message", ({ type }) => {
          kinds.push(type);
          if (heard(role, type)) void session.close("lost");
        });
      };
    }
    const request = { vm: "web01", target: to.name, options: {}, requestedBy: "test" };
    const { id } = from.migrations.start(request);
    await from.over(id);
    await Promise.all(hosts.map(({ migrations }) => migrations.over(id)));
    return kinds;
  }

  async function isWhole(): Promise<MovingHost> {
    const [owner, other] = ownerAndOther();
    assert.equal(owner.host.vms.get("web01").state, "running");
    assert.equal(owner.host.vms.get("web01").migration, null);
    assert.equal(other.host.vms.find("web01"), undefined);
    assert.deepEqual(await other.host.traces(), []);
    return owner;
  }

  test("the list has every message of a move", async () => {
    const kinds = await move(() => false);
    assert.deepEqual(
      kinds,
      messages.map(([, kind]) => kind),
    );
    await isWhole();
  });

  for (const [role, kind] of messages) {
    test(`after "${kind}", which the ${role} hears: one VM, and it moves again`, async () => {
      const [from, to] = ownerAndOther();
      const isHere = (hears: Role, heard: Kind): boolean => hears === role && heard === kind;
      assert.ok((await move(isHere)).includes(kind));
      assert.equal((await isWhole()).name, handedOver.includes(kind) ? to.name : from.name);
      const before = await isWhole();
      await move(() => false);
      assert.notEqual((await isWhole()).name, before.name);
    });
  }
});
