import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type EtcdMemberSeen, type MemberHost, membersFor, nextMemberStep } from "./member-plan.ts";

const host = (index: number, isAlive = true): MemberHost => ({
  id: `h${index}`,
  peerUrl: `https://10.0.0.${index}:6666`,
  joinedAt: index,
  isAlive,
});

const scenes = fc.record({
  count: fc.integer({ min: 1, max: 9 }),
  dead: fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 2 }),
  wanted: fc.constantFrom(1, 3, 5),
  gone: fc.integer({ min: 0, max: 1 }),
});

test("step by step the members come to an odd number on hosts that live, and then it rests", () => {
  fc.assert(
    fc.property(scenes, ({ count, dead, wanted, gone }) => {
      const hosts = Array.from({ length: count }, (_, index) => host(index, !dead.includes(index)));
      let members: EtcdMemberSeen[] = [host(0), ...(gone === 1 ? [host(99)] : [])].map(
        ({ id, peerUrl }) => ({ id, peerUrl, isLearner: false }),
      );
      for (let steps = 0; steps < 40; steps++) {
        const next = nextMemberStep(members, hosts, wanted);
        if (next.step === "none") break;
        if (next.step === "remove") members = members.filter(({ id }) => id !== next.member);
        if (next.step === "add") {
          assert.ok(!members.some(({ isLearner }) => isLearner), "one learner at a time");
          const { peerUrl } = hosts.find(({ id }) => id === next.host) ?? host(0);
          members = [...members, { id: next.host, peerUrl, isLearner: true }];
        }
        if (next.step === "promote") {
          members = members.map((member) =>
            member.id === next.member ? { ...member, isLearner: false } : member,
          );
        }
      }
      assert.equal(nextMemberStep(members, hosts, wanted).step, "none");
      const living = hosts.filter(({ isAlive }) => isAlive).length;
      assert.equal(members.length, Math.min(membersFor(count, wanted), living));
    }),
  );
});

test("a learner whose host died is taken out again", () => {
  const { peerUrl } = host(1);
  const learner = { id: "m1", peerUrl, isLearner: true };
  const first = { id: "m0", peerUrl: host(0).peerUrl, isLearner: false };
  const step = nextMemberStep([first, learner], [host(0), host(1, false), host(2)], 3);
  assert.deepEqual(step, { step: "remove", member: "m1" });
});

test("two hosts have one member: a second would only double what may fail", () => {
  assert.equal(membersFor(2, 3), 1);
  assert.equal(membersFor(4, 5), 3);
  assert.equal(membersFor(9, 5), 5);
});
