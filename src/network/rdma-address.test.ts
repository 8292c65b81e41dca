import assert from "node:assert/strict";
import { test } from "node:test";
import { commonRdmaAddress } from "./rdma-address.ts";

test("commonRdmaAddress() takes the first of its own that shares a subnet with one of the other's", () => {
  const own = ["10.9.0.2/24", "10.1.0.2/24", "fd00::2/64"];
  const rows: [string[], string | undefined][] = [
    [["10.1.0.5/24"], "10.1.0.2"],
    [["10.1.0.5/24", "10.9.0.5/24"], "10.9.0.2"],
    [["10.1.0.5/16"], undefined],
    [["10.2.0.5/24"], undefined],
    [["fd00::5/64"], "fd00::2"],
    [["fd01::5/64"], undefined],
    [[], undefined],
  ];
  for (const [theirs, wanted] of rows)
    assert.equal(commonRdmaAddress(own, theirs), wanted, String(theirs));
});
