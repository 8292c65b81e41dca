import assert from "node:assert/strict";
import { test } from "node:test";
import { FairShare } from "./fair-share.ts";

test("streams that both have much to send get the same, whatever their frames", () => {
  const share = new FairShare<string>();
  const served = { small: 0, large: 0 };
  for (let turn = 0; turn < 10_000; turn++) {
    const next = share.pick(["small", "large"]) as keyof typeof served;
    const bytes = next === "small" ? 100 : 7_000;
    share.charge(next, bytes);
    served[next] += bytes;
  }
  assert.ok(Math.abs(served.small - served.large) <= 7_000);
});

test("a stream that was away does not make up for it", () => {
  const share = new FairShare<string>();
  for (let turn = 0; turn < 100; turn++) share.charge(share.pick(["busy"]) ?? "", 1000);
  let busy = 0;
  for (let turn = 0; turn < 100; turn++) {
    const next = share.pick(["busy", "back"]) ?? "";
    share.charge(next, 1000);
    if (next === "busy") busy += 1;
  }
  assert.ok(busy >= 49);
});

test("nobody is picked where nobody wants to", () => {
  assert.equal(new FairShare<string>().pick([]), undefined);
});
