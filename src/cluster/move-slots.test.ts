import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import type { SlotAnswer } from "../scheduler/slot-messages.ts";
import type { EtcdClient } from "./etcd-client.ts";
import { MadeEtcd } from "./made-etcd.ts";
import type { Membership } from "./membership.ts";
import { ClusterSlots, freeSlots, freeSlotsOfOthers } from "./move-slots.ts";
import { ClusterStore } from "./store.ts";

const signal = new AbortController().signal;
const request = (migrationId: string) => ({
  ...{ migrationId, vmName: "vm", priority: "normal" as const },
  ...{ copiesDisks: false, memoryBytes: 0 },
});

function hostOf(
  etcd: MadeEtcd,
  movesMax: number | null,
  target: SlotAnswer = { outcome: "granted" },
) {
  const store = new ClusterStore(etcd as unknown as EtcdClient, "c");
  const own = { host: randomUUID(), name: "prod", settings: { movesMax } };
  const membership = { store, own } as unknown as Membership;
  const released: string[] = [];
  const targets = {
    ask: async () => target,
    release: async (_: string, id: string) => void released.push(id),
  };
  return {
    membership,
    host: own.host,
    released,
    slots: new ClusterSlots(targets, () => membership),
  };
}

test("never are more moves granted than the cluster may have, however many hosts ask at once; each that is freed is granted again", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 9 }),
      async (most, hosts) => {
        const etcd = new MadeEtcd();
        const asking = Array.from({ length: hosts }, () => ({
          ...hostOf(etcd, most),
          id: randomUUID(),
        }));
        const ask = async () =>
          await Promise.all(asking.map(({ slots, id }) => slots.ask("t", request(id), signal)));
        const granted = (await ask()).filter(({ outcome }) => outcome === "granted").length;
        assert.equal(granted, Math.min(most, hosts));
        // Who has one keeps it when it asks again.
        assert.equal((await ask()).filter(({ outcome }) => outcome === "granted").length, granted);
        for (const { membership } of asking) await freeSlots(membership, () => false);
        const again = (await ask()).filter(({ outcome }) => outcome === "granted").length;
        assert.equal(again, Math.min(most, hosts));
      },
    ),
    { numRuns: 50 },
  );
});

test("a slot goes back when the target has none, when the move is called off, and when its host is dead", async () => {
  const etcd = new MadeEtcd();
  const [first, second] = [randomUUID(), randomUUID()];
  const full = hostOf(etcd, 1, { outcome: "wait", reason: "busy" });
  assert.deepEqual(await full.slots.ask("t", request(first), signal), {
    outcome: "wait",
    reason: "busy",
  });
  const a = hostOf(etcd, 1);
  const b = hostOf(etcd, 1);
  assert.equal((await a.slots.ask("t", request(first), signal)).outcome, "granted");
  const refused = await b.slots.ask("t", request(second), signal);
  assert.match(refused.outcome === "wait" ? refused.reason : "", /has 1 moves under way/);
  await a.slots.release("t", first);
  assert.deepEqual(a.released, [first]);
  assert.equal((await b.slots.ask("t", request(second), signal)).outcome, "granted");
  await freeSlotsOfOthers(a.membership, (host) => host !== b.host);
  assert.equal((await a.slots.ask("t", request(first), signal)).outcome, "granted");
});

test("without a limit nothing is asked of etcd", async () => {
  const etcd = new MadeEtcd();
  const { slots } = hostOf(etcd, null);
  assert.equal((await slots.ask("t", request(randomUUID()), signal)).outcome, "granted");
  assert.deepEqual(await etcd.list(""), []);
});
