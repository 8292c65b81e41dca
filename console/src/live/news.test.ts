import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FerryEvent } from "../../../src/api/schema/event.ts";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { vmNews, withVmNews } from "./news.ts";

const vmOf = (id: number, generation: number) =>
  ({ id: `v${id}`, host: "host-a", name: `vm${id}`, generation }) as unknown as Vm;

const event = fc
  .record({ vm: fc.integer({ min: 0, max: 4 }), isGone: fc.boolean() })
  .map(({ vm, isGone }) => ({ vm, isGone }));

test("an answer older than the events that came meanwhile is as true as they are", () => {
  fc.assert(
    fc.property(fc.array(event), fc.array(event), (before, meanwhile) => {
      // What the host has, change by change; the answer is from any moment of `meanwhile`'s.
      let generation = 0;
      const truth = new Map<string, Vm>();
      const tell = ({ vm, isGone }: { vm: number; isGone: boolean }) => {
        const row = vmOf(vm, ++generation);
        if (isGone) truth.delete(row.id);
        else truth.set(row.id, row);
        vmNews.add({ subject: row.id, host: "host-a", data: isGone ? null : row } as FerryEvent);
      };
      before.forEach(tell);
      const { mark } = vmNews;
      const answers = [[...truth.values()]];
      for (const one of meanwhile) {
        tell(one);
        answers.push([...truth.values()]);
      }
      for (const answer of answers) {
        const shown = withVmNews(answer, vmNews.since(mark));
        assert.deepEqual(
          new Map(shown.map((row) => [row.id, row])),
          truth,
          "as the host has them now",
        );
        assert.equal(shown.length, truth.size);
      }
    }),
  );
});

test("what is kept has a limit, and the latest stays", () => {
  const { mark } = vmNews;
  const many = 12_000;
  for (let index = 0; index < many; index++) {
    vmNews.add({ subject: `v${index}`, host: "host-a", data: null } as FerryEvent);
  }
  const since = vmNews.since(mark);
  assert.ok(since.length >= 2_500 && since.length <= 5_000, String(since.length));
  assert.equal(since.at(-1)?.subject, `v${many - 1}`);
  assert.deepEqual(vmNews.since(vmNews.mark), []);
});
